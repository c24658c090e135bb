//! Why the standardiser did, or did not do, something: stable names for programs, one line each for people.

/// How much a reason weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Worth knowing; the address is as good as before.
    Note,
    /// Something was written differently from what was given, and means the same.
    Correction,
    /// Something may be wrong and was left as it was: a person has to look.
    Doubt,
}

/// One reason. The names of [`Reason::name`] are stable: programs may compare them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Capitals, single spaces, no punctuation (Publication 28, 212 and 222).
    PlainCapitals,
    /// There are no places in the table for this territory, so the city was not checked.
    CityUnchecked,
    /// Two delivery addresses: mail goes to the lower one (Publication 28, 215).
    DualAddress,
    /// The line with the country's name was left out: it is the home country (Publication 28, 221).
    CountryDropped,
    /// The last line stood on two lines.
    LinesJoined,
    /// A name and the street stood on one line; they are on two now.
    LineSplit,
    /// The attention line was moved above the street (Publication 28, 214).
    AttentionMoved,
    /// The state has its two-letter code now (appendix B).
    StateFromName,
    /// A shortened city name is spelled out as the table has it (223).
    CitySpelledOut,
    /// The ZIP+4 has its hyphen now (224).
    ZipHyphenated,
    /// The street's suffix has its standard abbreviation (234.1, appendix C1).
    SuffixAbbreviated,
    /// The first of two suffixes is part of the name and spelled out (234.2).
    SuffixSpelledOut,
    /// A directional is abbreviated, two are one (233).
    DirectionAbbreviated,
    /// The kind of unit has its standard abbreviation (213.1, appendix C2).
    UnitAbbreviated,
    /// The unit stands behind the street now (213).
    UnitMoved,
    /// A fraction stands apart from the number (appendix D).
    FractionApart,
    /// The highway has its standard name (237, appendix F).
    HighwayName,
    /// PO BOX for other words for it (281, 283).
    BoxDesignation,
    /// RR for other words for a rural route (241, 244).
    RuralDesignation,
    /// HC for other words for a highway contract route (251, 254).
    ContractDesignation,
    /// A route number has no leading zero (242, 252).
    LeadingZero,
    /// GENERAL DELIVERY is spelled out (261).
    GeneralDelivery,
    /// A military line has its standard form (238).
    MilitaryForm,
    /// URB for URBANIZACION, on a line of its own above the street (293).
    Urbanization,
    /// The last line is not city, state and ZIP.
    LastLineNotUnderstood,
    /// The line above the city is no delivery address that was understood; it was left as it is.
    DeliveryNotUnderstood,
    /// A line between the street and the city is no part of either.
    LineBelowStreet,
    /// The street has no number.
    NumberMissing,
    /// The number is a word, which may belong to the street's name.
    NumberSpelledOut,
    /// A route without a box.
    BoxMissing,
    /// A corner: the post asks for a number (236).
    CornerAddress,
    /// What stands there can be read in two ways.
    TwoReadings,
    /// Something behind the street looks like a unit and does not say what it is (213.2).
    UnitWithoutDesignator,
    /// A kind of unit that needs a number has none (appendix C2).
    UnitWithoutNumber,
    /// There is no ZIP.
    ZipMissing,
    /// There is no state.
    StateMissing,
    /// The table has no such ZIP: it may be new, or wrong.
    ZipUnknown,
    /// The ZIP lies in another state.
    ZipNotOfState,
    /// The state has no such city in the table.
    CityNotOfState,
    /// The ZIP's city has another name. The post may accept both.
    CityNotOfZip,
}

impl Reason {
    /// All reasons, in the order of their weight.
    pub const ALL: [Self; 40] = [
        Self::PlainCapitals,
        Self::CityUnchecked,
        Self::DualAddress,
        Self::CountryDropped,
        Self::LinesJoined,
        Self::LineSplit,
        Self::AttentionMoved,
        Self::StateFromName,
        Self::CitySpelledOut,
        Self::ZipHyphenated,
        Self::SuffixAbbreviated,
        Self::SuffixSpelledOut,
        Self::DirectionAbbreviated,
        Self::UnitAbbreviated,
        Self::UnitMoved,
        Self::FractionApart,
        Self::HighwayName,
        Self::BoxDesignation,
        Self::RuralDesignation,
        Self::ContractDesignation,
        Self::LeadingZero,
        Self::GeneralDelivery,
        Self::MilitaryForm,
        Self::Urbanization,
        Self::LastLineNotUnderstood,
        Self::DeliveryNotUnderstood,
        Self::LineBelowStreet,
        Self::NumberMissing,
        Self::NumberSpelledOut,
        Self::BoxMissing,
        Self::CornerAddress,
        Self::TwoReadings,
        Self::UnitWithoutDesignator,
        Self::UnitWithoutNumber,
        Self::ZipMissing,
        Self::StateMissing,
        Self::ZipUnknown,
        Self::ZipNotOfState,
        Self::CityNotOfState,
        Self::CityNotOfZip,
    ];

    /// The stable name: lower case with hyphens.
    pub const fn name(self) -> &'static str {
        self.facts().0
    }

    /// How much it weighs.
    pub const fn weight(self) -> Weight {
        self.facts().1
    }

    /// One sentence for people.
    pub const fn sentence(self) -> &'static str {
        self.facts().2
    }

    const fn facts(self) -> (&'static str, Weight, &'static str) {
        use Weight::{Correction, Doubt, Note};
        match self {
            Self::PlainCapitals => (
                "plain-capitals",
                Note,
                "written in capitals without punctuation",
            ),
            Self::CityUnchecked => (
                "city-unchecked",
                Note,
                "no table of cities for this territory: the city was not checked",
            ),
            Self::DualAddress => (
                "dual-address",
                Note,
                "two delivery addresses: mail goes to the lower one",
            ),
            Self::CountryDropped => (
                "country-dropped",
                Correction,
                "the home country needs no line",
            ),
            Self::LinesJoined => (
                "lines-joined",
                Correction,
                "city, state and ZIP stand on one line now",
            ),
            Self::LineSplit => (
                "line-split",
                Correction,
                "a name that stood before the street has its own line now",
            ),
            Self::AttentionMoved => (
                "attention-moved",
                Correction,
                "the attention line stands above the street now",
            ),
            Self::StateFromName => (
                "state-from-name",
                Correction,
                "the state has its two-letter code",
            ),
            Self::CitySpelledOut => (
                "city-spelled-out",
                Correction,
                "the city's name is spelled out",
            ),
            Self::ZipHyphenated => ("zip-hyphenated", Correction, "the ZIP+4 has its hyphen"),
            Self::SuffixAbbreviated => (
                "suffix-abbreviated",
                Correction,
                "the street's suffix has its standard abbreviation",
            ),
            Self::SuffixSpelledOut => (
                "suffix-spelled-out",
                Correction,
                "the first of two suffixes is part of the street's name",
            ),
            Self::DirectionAbbreviated => (
                "direction-abbreviated",
                Correction,
                "the directional is abbreviated",
            ),
            Self::UnitAbbreviated => (
                "unit-abbreviated",
                Correction,
                "the kind of unit has its standard abbreviation",
            ),
            Self::UnitMoved => (
                "unit-moved",
                Correction,
                "the unit stands behind the street now",
            ),
            Self::FractionApart => (
                "fraction-apart",
                Correction,
                "the fraction stands apart from the number",
            ),
            Self::HighwayName => (
                "highway-name",
                Correction,
                "the highway has its standard name",
            ),
            Self::BoxDesignation => (
                "box-designation",
                Correction,
                "a box of the post office is written PO BOX",
            ),
            Self::RuralDesignation => (
                "rural-designation",
                Correction,
                "a rural route is written RR and BOX",
            ),
            Self::ContractDesignation => (
                "contract-designation",
                Correction,
                "a highway contract route is written HC and BOX",
            ),
            Self::LeadingZero => ("leading-zero", Correction, "a route has no leading zero"),
            Self::GeneralDelivery => (
                "general-delivery",
                Correction,
                "general delivery is spelled out",
            ),
            Self::MilitaryForm => (
                "military-form",
                Correction,
                "a military address has its standard form",
            ),
            Self::Urbanization => (
                "urbanization",
                Correction,
                "an urbanization is written URB on a line of its own",
            ),
            Self::LastLineNotUnderstood => (
                "last-line-not-understood",
                Doubt,
                "the last line must be city, state and ZIP",
            ),
            Self::DeliveryNotUnderstood => (
                "delivery-not-understood",
                Doubt,
                "the line above the city is no street, box or route that was understood",
            ),
            Self::LineBelowStreet => (
                "line-below-street",
                Doubt,
                "a line stands between the street and the city: it belongs above the street",
            ),
            Self::NumberMissing => ("number-missing", Doubt, "the street has no number"),
            Self::NumberSpelledOut => (
                "number-spelled-out",
                Doubt,
                "write the number in digits, unless the word is part of the street's name",
            ),
            Self::BoxMissing => ("box-missing", Doubt, "the route has no box number"),
            Self::CornerAddress => (
                "corner-address",
                Doubt,
                "a corner is no address: give street and number",
            ),
            Self::TwoReadings => (
                "two-readings",
                Doubt,
                "this can be read in two ways: write it in full",
            ),
            Self::UnitWithoutDesignator => (
                "unit-without-designator",
                Doubt,
                "say what the part behind the street is: APT, STE, UNIT or another",
            ),
            Self::UnitWithoutNumber => ("unit-without-number", Doubt, "the unit needs a number"),
            Self::ZipMissing => ("zip-missing", Doubt, "give the ZIP"),
            Self::StateMissing => ("state-missing", Doubt, "give the state"),
            Self::ZipUnknown => ("zip-unknown", Doubt, "the table has no such ZIP: check it"),
            Self::ZipNotOfState => ("zip-not-of-state", Doubt, "the ZIP lies in another state"),
            Self::CityNotOfState => (
                "city-not-of-state",
                Doubt,
                "the state has no such city in the table: check its spelling",
            ),
            Self::CityNotOfZip => (
                "city-not-of-zip",
                Doubt,
                "the table has another city for this ZIP",
            ),
        }
    }
}

/// What the part of an address is that a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// A whole line.
    Line,
    /// The number of a house.
    Number,
    /// A directional before the street's name.
    Predirectional,
    /// The street's name.
    StreetName,
    /// What kind of street it is.
    Suffix,
    /// A directional behind the street's name.
    Postdirectional,
    /// Apartment, suite, floor and so on.
    Unit,
    /// Box, with or without a route.
    Box,
    /// Urbanization, Puerto Rico.
    Urbanization,
    /// City.
    City,
    /// State.
    State,
    /// ZIP.
    Zip,
}

impl Component {
    /// The stable name: lower case with hyphens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Number => "number",
            Self::Predirectional => "predirectional",
            Self::StreetName => "street-name",
            Self::Suffix => "suffix",
            Self::Postdirectional => "postdirectional",
            Self::Unit => "unit",
            Self::Box => "box",
            Self::Urbanization => "urbanization",
            Self::City => "city",
            Self::State => "state",
            Self::Zip => "zip",
        }
    }
}

/// One difference between what was given and the standard form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which part.
    pub component: Component,
    /// As given; empty where the part was not there.
    pub before: String,
    /// As it is now; empty where the part was dropped.
    pub after: String,
    /// Why.
    pub reason: Reason,
}

/// What is noted on the way.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) reasons: Vec<Reason>,
    pub(super) changes: Vec<Change>,
}

impl Notes {
    /// Notes a reason.
    pub(super) fn note(&mut self, reason: Reason) {
        self.reasons.push(reason);
    }

    /// Notes a change and its reason, if it is one.
    pub(super) fn change(
        &mut self,
        component: Component,
        before: &str,
        after: &str,
        reason: Reason,
    ) {
        if before != after {
            self.note(reason);
            self.changes.push(Change {
                component,
                before: before.to_owned(),
                after: after.to_owned(),
                reason,
            });
        }
    }
}
