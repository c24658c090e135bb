//! The standard street suffixes with their common spellings (USPS Publication 28, appendix C1).
//!
//! Not here: where in a line a suffix may stand. TRAILER is left out: as a unit it is far more frequent.

use std::collections::HashMap;
use std::sync::OnceLock;

/// One suffix a line: standard abbreviation, full word, other spellings.
#[rustfmt::skip]
const SUFFIXES: &[&str] = &[
    "ALY ALLEY ALLEE ALLY",
    "ANX ANNEX ANEX ANNX",
    "ARC ARCADE",
    "AVE AVENUE AV AVEN AVENU AVN AVNUE",
    "BCH BEACH",
    "BG BURG",
    "BGS BURGS",
    "BLF BLUFF BLUF",
    "BLFS BLUFFS",
    "BLVD BOULEVARD BOUL BOULV BVD",
    "BND BEND",
    "BR BRANCH BRNCH",
    "BRG BRIDGE BRDGE",
    "BRK BROOK",
    "BRKS BROOKS",
    "BTM BOTTOM BOT BOTTM",
    "BYP BYPASS BYPA BYPAS BYPS",
    "BYU BAYOU BAYOO",
    "CIR CIRCLE CIRC CIRCL CRCL CRCLE",
    "CIRS CIRCLES",
    "CLB CLUB",
    "CLF CLIFF",
    "CLFS CLIFFS",
    "CMN COMMON",
    "CMNS COMMONS",
    "COR CORNER",
    "CORS CORNERS",
    "CP CAMP CMP",
    "CPE CAPE",
    "CRES CRESCENT CRECENT CRESENT CRSCNT CRSENT CRSNT",
    "CRK CREEK",
    "CRSE COURSE",
    "CRST CREST",
    "CSWY CAUSEWAY CAUSWAY",
    "CT COURT CRT",
    "CTR CENTER CEN CENT CENTR CENTRE CNTER CNTR",
    "CTRS CENTERS",
    "CTS COURTS",
    "CURV CURVE",
    "CV COVE",
    "CVS COVES",
    "CYN CANYON CANYN CNYN",
    "DL DALE",
    "DM DAM",
    "DR DRIVE DRIV DRV",
    "DRS DRIVES",
    "DV DIVIDE DIV DVD",
    "EST ESTATE",
    "ESTS ESTATES",
    "EXPY EXPRESSWAY EXP EXPR EXPRESS EXPW",
    "EXT EXTENSION EXTN EXTNSN",
    "EXTS EXTENSIONS",
    "FALL FALL",
    "FLD FIELD",
    "FLDS FIELDS",
    "FLS FALLS",
    "FLT FLAT",
    "FLTS FLATS",
    "FRD FORD",
    "FRDS FORDS",
    "FRG FORGE FORG",
    "FRGS FORGES",
    "FRK FORK",
    "FRKS FORKS",
    "FRST FOREST FORESTS",
    "FRY FERRY FRRY",
    "FT FORT FRT",
    "FWY FREEWAY FREEWY FRWAY FRWY",
    "GDN GARDEN GARDN GRDEN GRDN",
    "GDNS GARDENS GRDNS",
    "GLN GLEN",
    "GLNS GLENS",
    "GRN GREEN",
    "GRNS GREENS",
    "GRV GROVE GROV",
    "GRVS GROVES",
    "GTWY GATEWAY GATEWY GATWAY GTWAY",
    "HBR HARBOR HARB HARBR HRBOR",
    "HBRS HARBORS",
    "HL HILL",
    "HLS HILLS",
    "HOLW HOLLOW HLLW HOLLOWS HOLWS",
    "HTS HEIGHTS HEIGHT HGTS HT",
    "HVN HAVEN HAVN",
    "HWY HIGHWAY HIGHWY HIWAY HIWY HWAY",
    "INLT INLET",
    "IS ISLAND ISLND",
    "ISLE ISLE ISLES",
    "ISS ISLANDS ISLNDS",
    "JCT JUNCTION JCTION JCTN JUNCTN JUNCTON",
    "JCTS JUNCTIONS JCTNS",
    "KNL KNOLL KNOL",
    "KNLS KNOLLS",
    "KY KEY",
    "KYS KEYS",
    "LAND LAND",
    "LCK LOCK",
    "LCKS LOCKS",
    "LDG LODGE LDGE LODG",
    "LF LOAF",
    "LGT LIGHT",
    "LGTS LIGHTS",
    "LK LAKE",
    "LKS LAKES",
    "LN LANE LANES",
    "LNDG LANDING LNDNG",
    "LOOP LOOP LOOPS",
    "MALL MALL",
    "MDW MEADOW",
    "MDWS MEADOWS MEDOWS",
    "MEWS MEWS",
    "ML MILL",
    "MLS MILLS",
    "MNR MANOR",
    "MNRS MANORS",
    "MSN MISSION MISSN MSSN",
    "MT MOUNT MNT",
    "MTN MOUNTAIN MNTAIN MNTN MOUNTIN MTIN",
    "MTNS MOUNTAINS MNTNS",
    "MTWY MOTORWAY",
    "NCK NECK",
    "OPAS OVERPASS",
    "ORCH ORCHARD ORCHRD",
    "OVAL OVAL OVL",
    "PARK PARK PARKS PK PRK",
    "PASS PASS",
    "PATH PATH PATHS",
    "PIKE PIKE PIKES",
    "PKWY PARKWAY PARKWAYS PARKWY PKWAY PKWYS PKY",
    "PL PLACE",
    "PLN PLAIN",
    "PLNS PLAINS PLAINES",
    "PLZ PLAZA PLZA",
    "PNE PINE",
    "PNES PINES",
    "PR PRAIRIE PRARIE PRR",
    "PRT PORT",
    "PRTS PORTS",
    "PSGE PASSAGE",
    "PT POINT",
    "PTS POINTS",
    "RADL RADIAL RAD RADIEL",
    "RAMP RAMP",
    "RD ROAD",
    "RDG RIDGE RDGE",
    "RDGS RIDGES",
    "RDS ROADS",
    "RIV RIVER RIVR RVR",
    "RNCH RANCH RANCHES RNCHS",
    "ROW ROW",
    "RPD RAPID",
    "RPDS RAPIDS",
    "RST REST",
    "RTE ROUTE",
    "RUE RUE",
    "RUN RUN",
    "SHL SHOAL",
    "SHLS SHOALS",
    "SHR SHORE SHOAR",
    "SHRS SHORES SHOARS",
    "SKWY SKYWAY",
    "SMT SUMMIT SUMIT SUMITT",
    "SPG SPRING SPNG SPRNG",
    "SPGS SPRINGS SPNGS SPRNGS",
    "SPUR SPUR SPURS",
    "SQ SQUARE SQR SQRE SQU",
    "SQS SQUARES SQRS",
    "ST STREET STR STREE STRT",
    "STA STATION STATN STN",
    "STRA STRAVENUE STRAV STRAVE STRAVEN STRAVN STRVN STRVNUE",
    "STRM STREAM STREME",
    "STS STREETS",
    "TER TERRACE TERR",
    "TPKE TURNPIKE TPK TRNPK TRPK TURNPK",
    "TRAK TRACK TRACKS TRK TRKS",
    "TRCE TRACE TRACES",
    "TRFY TRAFFICWAY",
    "TRL TRAIL TRAILS TRLS",
    "TRWY THROUGHWAY",
    "TUNL TUNNEL TUNEL TUNLS TUNNELS TUNNL",
    "UN UNION",
    "UNS UNIONS",
    "UPAS UNDERPASS",
    "VIA VIADUCT VDCT VIADCT",
    "VIS VISTA VIST VST VSTA",
    "VL VILLE",
    "VLG VILLAGE VILL VILLAG VILLG VILLIAGE",
    "VLGS VILLAGES",
    "VLY VALLEY VALLY VLLY",
    "VLYS VALLEYS",
    "VW VIEW",
    "VWS VIEWS",
    "WALK WALK WALKS",
    "WALL WALL",
    "WAY WAY WY",
    "WAYS WAYS",
    "WL WELL",
    "WLS WELLS",
    "XING CROSSING CRSNG CRSSING CRSSNG",
    "XRD CROSSROAD",
    "XRDS CROSSROADS",
];

/// A suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Suffix {
    /// The standard abbreviation.
    pub(super) short: &'static str,
    /// The full word.
    pub(super) full: &'static str,
}

/// The suffix of a word in capitals, in any of its spellings.
pub(super) fn suffix(word: &str) -> Option<Suffix> {
    static SPELLINGS: OnceLock<HashMap<&'static str, Suffix>> = OnceLock::new();
    let spellings = SPELLINGS.get_or_init(|| {
        let mut spellings = HashMap::with_capacity(700);
        for line in SUFFIXES {
            let mut words = line.split(' ');
            if let (Some(short), Some(full)) = (words.next(), words.next()) {
                let suffix = Suffix { short, full };
                spellings.insert(short, suffix);
                spellings.insert(full, suffix);
                spellings.extend(words.map(|word| (word, suffix)));
            }
        }
        spellings
    });
    spellings.get(word).copied()
}

#[cfg(test)]
mod tests {
    use super::{SUFFIXES, suffix};
    use std::collections::BTreeSet;

    #[test]
    fn each_spelling_means_one_suffix() {
        let mut seen = BTreeSet::new();
        for line in SUFFIXES {
            let mut words: Vec<&str> = line.split(' ').collect();
            let short = words[0];
            // LOOP, MALL and others are their own abbreviation.
            words.dedup();
            for word in words {
                assert!(seen.insert(word), "{word} twice");
                assert_eq!(suffix(word).map(|found| found.short), Some(short), "{word}");
            }
        }
        assert!(SUFFIXES.is_sorted(), "by abbreviation");
        assert_eq!(suffix("AMERICAS"), None);
    }

    #[test]
    fn none_was_lost() {
        assert_eq!(SUFFIXES.len(), 201);
    }
}
