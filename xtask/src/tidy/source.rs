//! Rust source as three texts of equal length: as written, without comments and literals, and
//! without tests as well. Not a parser: it knows comments, literals, attributes and brackets.
//! Used by the rules over source text.

/// An attribute: `#[..]` or `#![..]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// Offset of `#`.
    pub(crate) start: usize,
    /// Offset behind `]`.
    pub(crate) end: usize,
    /// Offsets of what stands between the brackets.
    pub(crate) inner: (usize, usize),
    /// Whether it is `#![..]`.
    pub(crate) of_file: bool,
}

/// `text` with comments turned into spaces and the contents of literals into quotation marks; line
/// ends and byte offsets stay.
pub(crate) fn without_comments(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (end, filler) = if rest.starts_with(b"//") {
            (
                at + rest
                    .iter()
                    .position(|byte| *byte == b'\n')
                    .unwrap_or(rest.len()),
                b' ',
            )
        } else if rest.starts_with(b"/*") {
            (at + block_comment_len(rest), b' ')
        } else if let Some(len) = literal_len(bytes, at) {
            (at + len, b'"')
        } else {
            at += 1;
            continue;
        };
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = filler;
            }
        }
        at = end;
    }
    // Whole characters were replaced by ASCII, so the text is still UTF-8.
    String::from_utf8_lossy(&out).into_owned()
}

fn block_comment_len(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match (&rest[at..], depth) {
            ([b'/', b'*', ..], _) => (depth, at) = (depth + 1, at + 2),
            ([b'*', b'/', ..], 1) => return at + 2,
            ([b'*', b'/', ..], _) => (depth, at) = (depth.saturating_sub(1), at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// Length of the string or character literal that starts at `at`, if one does.
fn literal_len(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    match rest.first()? {
        b'"' => Some(quoted_len(rest, b'"')),
        b'r' if starts_literal(bytes, at) => {
            let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
            if rest.get(1 + hashes) != Some(&b'"') {
                return None;
            }
            let body = 2 + hashes;
            let mut close = vec![b'"'];
            close.resize(1 + hashes, b'#');
            let found = rest[body..]
                .windows(close.len())
                .position(|window| window == close);
            Some(found.map_or(rest.len(), |found| body + found + close.len()))
        }
        b'\'' => {
            // A lifetime has no closing mark behind its first character.
            let after = std::str::from_utf8(&rest[1..]).ok()?;
            let mut characters = after.chars();
            match characters.next()? {
                '\\' => Some(quoted_len(rest, b'\'')),
                one if characters.next() == Some('\'') => Some(2 + one.len_utf8()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether an `r` at `at` can start a raw string: nothing, or the prefix `b` or `c`, before it.
fn starts_literal(bytes: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|place| bytes[place]);
    match before(1) {
        Some(b'b' | b'c') => before(2).is_none_or(|byte| !is_word(byte)),
        Some(byte) => !is_word(byte),
        None => true,
    }
}

fn quoted_len(rest: &[u8], mark: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == mark => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// Offsets at which `word` stands as a whole identifier in `code`.
pub(crate) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = code.as_bytes();
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| {
            let before = at.checked_sub(1).map(|place| bytes[place]);
            let after = bytes.get(at + word.len()).copied();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
}

/// All attributes of `code` (a text without comments).
pub(crate) fn attributes(code: &str) -> Vec<Attribute> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    for (start, _) in code.match_indices('#') {
        let mut open = start + 1;
        let of_file = bytes.get(open) == Some(&b'!');
        open += usize::from(of_file);
        if bytes.get(open) != Some(&b'[') {
            continue;
        }
        if let Some(close) = closing(bytes, open) {
            found.push(Attribute {
                start,
                end: close + 1,
                inner: (open + 1, close),
                of_file,
            });
        }
    }
    found
}

/// Offset of the bracket that closes the one at `open`.
fn closing(bytes: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in bytes.iter().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The text of an attribute without white space: `cfg(test)`.
pub(crate) fn inner(code: &str, attribute: Attribute) -> String {
    code[attribute.inner.0..attribute.inner.1]
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect()
}

/// Whether an attribute marks a test function: `test`, `tokio::test(..)`.
pub(crate) fn is_test(inner: &str) -> bool {
    let path = inner.split('(').next().unwrap_or_default();
    path == "test" || path.ends_with("::test")
}

fn is_test_only(inner: &str) -> bool {
    is_test(inner) || inner == "cfg(test)" || inner.starts_with("cfg(all(test,")
}

/// `code` without test functions and items under `cfg(test)`, and the modules under `cfg(test)` that
/// live in files of their own: name and the attributes before it, as offsets into `code`.
pub(crate) fn without_tests(code: &str) -> (String, Vec<TestModule>) {
    let mut out = code.as_bytes().to_vec();
    let mut modules = Vec::new();
    let mut done = 0;
    for attribute in attributes(code) {
        if attribute.start < done || !is_test_only(&inner(code, attribute)) {
            continue;
        }
        let end = if attribute.of_file {
            code.len()
        } else {
            item_end(code, attribute.end)
        };
        modules.extend(module_in_file(code, attribute.end, end));
        for byte in &mut out[attribute.start..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        done = end;
    }
    (String::from_utf8_lossy(&out).into_owned(), modules)
}

/// `#[cfg(test)] mod NAME;`
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestModule {
    pub(crate) name: String,
    /// Span in which a `#[path = ".."]` may stand.
    pub(crate) span: (usize, usize),
}

fn module_in_file(code: &str, start: usize, end: usize) -> Option<TestModule> {
    let item = code[skip_attributes(code, start)..end]
        .trim()
        .strip_suffix(';')?;
    let name = item
        .rsplit_once(char::is_whitespace)
        .filter(|(before, _)| before.trim_end().ends_with("mod"))?
        .1;
    Some(TestModule {
        name: name.to_owned(),
        span: (start, end),
    })
}

fn skip_attributes(code: &str, mut at: usize) -> usize {
    loop {
        at += code[at..].len() - code[at..].trim_start().len();
        let bytes = code.as_bytes();
        if bytes.get(at) != Some(&b'#') || bytes.get(at + 1) != Some(&b'[') {
            return at;
        }
        match closing(bytes, at + 1) {
            Some(close) => at = close + 1,
            None => return code.len(),
        }
    }
}

/// Offset behind the item whose attributes end at `from`: its `;`, its block, or the `,` of a field.
fn item_end(code: &str, from: usize) -> usize {
    const ITEMS: [&str; 17] = [
        "mod",
        "fn",
        "pub",
        "use",
        "impl",
        "struct",
        "enum",
        "const",
        "static",
        "type",
        "trait",
        "async",
        "unsafe",
        "extern",
        "macro_rules",
        "let",
        "union",
    ];
    let bytes = code.as_bytes();
    let mut at = skip_attributes(code, from);
    let first: String = code[at..]
        .chars()
        .take_while(|c| *c == '_' || c.is_alphanumeric())
        .collect();
    let is_item = ITEMS.contains(&first.as_str());
    while at < bytes.len() {
        match bytes[at] {
            b';' => return at + 1,
            b',' if !is_item => return at + 1,
            b'{' => {
                let end = closing(bytes, at).map_or(bytes.len(), |close| close + 1);
                return if bytes.get(end) == Some(&b';') {
                    end + 1
                } else {
                    end
                };
            }
            b'(' | b'[' => at = closing(bytes, at).map_or(bytes.len(), |close| close + 1),
            b'}' => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Line of an offset, counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
}

/// Lines that hold anything.
pub(crate) fn filled_lines(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_vanish_in_place() {
        // Quotation marks are shown as `_`.
        for (text, wanted) in [
            ("a // b\nc", "a     \nc"),
            ("a /* x /* y */ z */ b", "a                   b"),
            (r#"f("//x")"#, "f(_____)"),
            (r#"f("\"//")"#, "f(______)"),
            ("f(r#\"a\"{\"#)", "f(________)"),
            ("f(br\"\\\")", "f(b____)"),
            ("g('{', '\\'', 'é')", "g(___, ____, ____)"),
            ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)"),
            ("r#type + for\"a\"", "r#type + for___"),
        ] {
            assert_eq!(without_comments(text).replace('"', "_"), wanted, "{text}");
        }
    }

    #[test]
    fn tests_vanish_and_what_ships_stays() {
        let code = "fn a() {}\n#[cfg(test)]\nuse x::{y, z};\nfn b() {}\n#[cfg(test)]\nmod tests {\n fn c() { {} }\n}\nfn d() {}";
        let (shipped, _) = without_tests(code);
        assert_eq!(filled_lines(&shipped), 3);
        assert!(
            shipped.contains("fn a()") && shipped.contains("fn b()") && shipped.contains("fn d()")
        );
        let (shipped, _) = without_tests("struct A {\n #[cfg(test)]\n a: u8,\n b: u8,\n}");
        assert!(shipped.contains("b: u8") && !shipped.contains("a: u8"));
        let (shipped, _) = without_tests("#![cfg(test)]\nfn a() {}");
        assert_eq!(filled_lines(&shipped), 0);
        let (shipped, _) = without_tests("#[cfg(not(test))]\nfn a() {}");
        assert_eq!(filled_lines(&shipped), 2);
    }

    #[test]
    fn test_modules_in_files_are_told() {
        let (_, modules) = without_tests(
            "#[cfg(test)]\n#[path = \"x.rs\"]\npub(crate) mod more;\n#[cfg(test)]\nmod inline {}",
        );
        assert_eq!(modules.len(), 1);
        assert_eq!(modules[0].name, "more");
    }

    #[test]
    fn words_are_whole() {
        assert_eq!(
            words("hmac::hmac_x xhmac hmac", "hmac").collect::<Vec<_>>(),
            [0, 19]
        );
    }
}
