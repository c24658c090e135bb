"""Reads the Data Matrix symbols of page images with zxing-cpp, the second reader of our tests.

Usage: read_symbols.py IMAGE...
Prints one JSON line an image: {"page": path, "payloads": [hex, ...]}.
"""

import json
import sys

import numpy
import zxingcpp
from PIL import Image


def main() -> None:
    for path in sys.argv[1:]:
        page = numpy.asarray(Image.open(path).convert("L"))
        found = zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.DataMatrix)
        print(json.dumps({"page": path, "payloads": [code.bytes.hex() for code in found]}))


main()
