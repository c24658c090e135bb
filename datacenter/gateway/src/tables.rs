//! Tables as answers: which format, and cells that no spreadsheet carries out.
//!
//! Not here: what the columns are (`statements`, `reports`).

use crate::problem::Refused;
use axum::http::{HeaderMap, header};
use functions::Code;
use std::borrow::Cow;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableFormat {
    Json,
    Csv,
    Pdf,
}

impl TableFormat {
    /// The format that is asked for by name, or else by `Accept`; JSON if by neither.
    pub(crate) fn asked(name: Option<&str>, headers: &HeaderMap) -> Result<Self, Refused> {
        if let Some(name) = name {
            return match name {
                "json" => Ok(Self::Json),
                "csv" => Ok(Self::Csv),
                "pdf" => Ok(Self::Pdf),
                _ => Err(Refused::new(
                    Code::MalformedRequest,
                    "`format` is `json`, `csv` or `pdf`.",
                )),
            };
        }
        let accept = headers.get(header::ACCEPT);
        let accept = accept.and_then(|value| value.to_str().ok()).unwrap_or("");
        let first = accept.split(',').find_map(|one| {
            let media = one.split(';').next().unwrap_or_default().trim();
            match media.to_ascii_lowercase().as_str() {
                "text/csv" => Some(Self::Csv),
                "application/pdf" => Some(Self::Pdf),
                "application/json" | "application/x-ndjson" => Some(Self::Json),
                _ => None,
            }
        });
        Ok(first.unwrap_or(Self::Json))
    }
}

/// A row of CSV (RFC 4180).
pub(crate) fn csv_row<'a>(out: &mut Vec<u8>, cells: impl IntoIterator<Item = &'a str>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(cell.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// A text that a spreadsheet shows instead of carrying it out: what would begin a formula gets an
/// apostrophe in front, also behind white space and in the wide forms that some programs take for them.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let begins = |first: char| {
        matches!(
            first,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '|' | '%' | '＝' | '＋' | '－' | '＠'
        )
    };
    let first = text.trim_start().chars().next();
    let is_formula = first.is_some_and(begins) || text.chars().next().is_some_and(begins);
    match is_formula {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

/// Mills with their sign, as an amount with three decimals.
pub(crate) fn amount(mills: i128) -> String {
    let (sign, size) = (if mills < 0 { "-" } else { "" }, mills.unsigned_abs());
    format!("{sign}{}.{:03}", size / 1_000, size % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_carried_out_as_a_formula() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "  =1",
            "＝1",
            "%0A",
            "|cmd",
            "=HYPERLINK(\"http://x\",\"y\")",
        ] {
            assert!(harmless(text).starts_with('\''), "{text:?}");
        }
        for text in ["Sales", "", "4711", "a=b", "O'Neil", "Ü-Dienst"] {
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let mut out = Vec::new();
        csv_row(&mut out, ["a", "b,c", "say \"d\"", "two\nlines", ""]);
        let wanted = "a,\"b,c\",\"say \"\"d\"\"\",\"two\nlines\",\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }

    #[test]
    fn amounts_have_sign_and_three_decimals() {
        for (mills, text) in [(0, "0.000"), (-740, "-0.740"), (1_234_567, "1234.567")] {
            assert_eq!(amount(mills), text);
        }
    }

    #[test]
    fn a_format_is_asked_for_by_name_or_by_accept() {
        let asked = |name, accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            TableFormat::asked(name, &headers).map_err(|refused| refused.0.code)
        };
        assert_eq!(asked(None, "*/*"), Ok(TableFormat::Json));
        assert_eq!(
            asked(None, "text/html, text/csv;q=0.9"),
            Ok(TableFormat::Csv)
        );
        assert_eq!(asked(Some("pdf"), "text/csv"), Ok(TableFormat::Pdf));
        assert_eq!(asked(Some("xls"), ""), Err(Code::MalformedRequest));
    }
}
