//! What problem codes mean: the `type` of a problem is a link to here.

use crate::problem::Refused;
use axum::extract::Path;
use axum::http::header;
use axum::response::IntoResponse;
use functions::Code;

/// The page that people read, whose table this answers from.
const PAGE: &str = include_str!("../../../../docs/problems.md");

/// What each column of the table says, behind the code.
const COLUMNS: [&str; 6] = [
    "Status",
    "Title",
    "What happened",
    "Charged",
    "Again",
    "What to do",
];

/// The cells of one line of the table, if it is about a code.
fn cells(line: &str) -> Option<(&str, [&str; 6])> {
    let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
    let code = cells.next()?.strip_suffix('`')?;
    let mut next = || cells.next();
    let rest = [next()?, next()?, next()?, next()?, next()?, next()?];
    Some((code, rest))
}

fn plain(text: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text)
}

/// All problem codes, as a table in Markdown.
#[utoipa::path(
    get, path = "/problems", operation_id = "listProblems", tag = "problems",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub(crate) async fn list() -> impl IntoResponse {
    plain(PAGE.to_owned())
}

/// What one problem code means: what happened, what was charged, whether to repeat, what to do.
#[utoipa::path(
    get, path = "/problems/{code}", operation_id = "getProblem", tag = "problems",
    params(("code" = String, Path, description = "`code` of a problem")),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub(crate) async fn get(Path(code): Path<String>) -> Result<impl IntoResponse, Refused> {
    let found = PAGE.lines().find_map(|line| {
        let (known, cells) = cells(line)?;
        (known == code).then_some(cells)
    });
    let Some(found) = found else {
        let detail = "There is no such code; `GET /problems` lists all.";
        return Err(Refused::new(Code::NotFound, detail));
    };
    let mut text = format!("{code}\n\n");
    for (column, cell) in COLUMNS.iter().zip(found) {
        text.push_str(&format!("{column}: {}\n", cell.replace('`', "")));
    }
    Ok(plain(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_code_once_in_order_with_status_and_title() {
        let told: Vec<_> = PAGE.lines().filter_map(cells).collect();
        let told: Vec<_> = told
            .iter()
            .map(|(code, cells)| (*code, cells[0].to_owned(), cells[1]))
            .collect();
        let known: Vec<_> = Code::ALL
            .iter()
            .map(|code| (code.as_str(), code.status().to_string(), code.title()))
            .collect();
        assert_eq!(told, known, "docs/problems.md");
        let filled = PAGE.lines().filter_map(cells).flat_map(|(_, cells)| cells);
        assert!(filled.into_iter().all(|cell| !cell.is_empty()));
    }

    #[test]
    fn a_line_is_about_a_code_or_none() {
        assert_eq!(cells("| `a` | 1 | b | c | d | e | f |").unwrap().0, "a");
        for line in ["", "|---|---|", "| code | status |", "| `a` | 1 |"] {
            assert!(cells(line).is_none(), "{line}");
        }
    }
}
