//! The one config file of a ceremony: a line each, `name value...`, `#` starts a comment.
//!
//! Written by people and read by the keys box itself, whose own code has no parser library: the
//! form is as plain as it can be, and everything not understood is refused.

use item::limits::{ENROLLED_MAX, NAME_MAX};
use item::{
    Ascii, BoxId, BoxKind, Bytes, Currency, EnrolledKey, List, PostId, PublicKey, Quorum, Suite,
};
use std::fmt;

/// Why a config is refused: the line, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// Line number from 1; 0 for the file as a whole.
    pub line: usize,
    /// What to change.
    pub why: String,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "ceremony config: {}", self.why),
            line => write!(f, "ceremony config, line {line}: {}", self.why),
        }
    }
}

impl std::error::Error for PlanError {}

/// A box that takes part.
#[derive(Debug, Clone)]
pub struct PlannedBox {
    /// Kind.
    pub kind: BoxKind,
    /// Number among its kind.
    pub id: BoxId,
    /// Its enrolment key.
    pub enrolment: [u8; 32],
}

/// A config that was understood.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Name of the installation.
    pub name: Bytes<NAME_MAX>,
    /// Post.
    pub post: PostId,
    /// Currency.
    pub currency: Currency,
    /// Provider.
    pub vendor: Ascii<2>,
    /// Model.
    pub model: Ascii<2>,
    /// Algorithms of issuing keys.
    pub suite: Suite,
    /// Operators.
    pub operators: Quorum,
    /// Treasury.
    pub treasury: Quorum,
    /// Refunders.
    pub refunders: Quorum,
    /// Verifiers.
    pub verifiers: List<EnrolledKey, ENROLLED_MAX>,
    /// Rate signers.
    pub rate_signers: List<EnrolledKey, ENROLLED_MAX>,
    /// Reporters.
    pub reporters: List<EnrolledKey, ENROLLED_MAX>,
    /// See `TranscriptBody`.
    pub credit_waiting_days: u16,
    /// See `TranscriptBody`.
    pub credit_window_days: u16,
    /// Function servers.
    pub servers: List<EnrolledKey, ENROLLED_MAX>,
    /// Boxes.
    pub boxes: Vec<PlannedBox>,
}

#[derive(Default)]
struct Draft {
    singles: Vec<(&'static str, usize, String)>,
    keys: Vec<(&'static str, EnrolledKey)>,
    boxes: Vec<PlannedBox>,
}

/// Names that stand once, with a value.
const SINGLES: &[&str] = &[
    "installation",
    "mode",
    "post",
    "currency",
    "vendor",
    "model",
    "suite",
    "operators-required",
    "treasury-required",
    "refunders-required",
    "credit-waiting-days",
    "credit-window-days",
];
/// Names that stand any number of times, with a name and a key.
const KEYS: &[&str] = &[
    "operator",
    "treasury",
    "refunder",
    "verifier",
    "rate-signer",
    "reporter",
    "server",
];

/// Days that a post waits before it gives money back for an item, unless the config says others: by
/// then the item would have been seen.
const CREDIT_WAITING_DAYS: u16 = 10;
/// Days after which a post no longer gives money back, unless the config says others.
const CREDIT_WINDOW_DAYS: u16 = 60;
/// Longest window: a meter remembers each credited piece until it ends.
const CREDIT_WINDOW_DAYS_MAX: u16 = 400;

impl Plan {
    /// Reads a config.
    ///
    /// # Errors
    /// [`PlanError`] for the first line that is not understood, or what is missing.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let mut draft = Draft::default();
        for (index, line) in text.lines().enumerate() {
            let line_number = index.saturating_add(1);
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                draft.line(line_number, line).map_err(|why| PlanError {
                    line: line_number,
                    why,
                })?;
            }
        }
        draft.finish().map_err(|why| PlanError { line: 0, why })
    }
}

impl Draft {
    fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        let (name, value) = line
            .split_once(char::is_whitespace)
            .map(|(name, value)| (name, value.trim()))
            .ok_or_else(|| format!("`{line}` has no value"))?;
        if let Some(single) = SINGLES.iter().find(|s| **s == name) {
            if self.singles.iter().any(|(s, ..)| s == single) {
                return Err(format!("`{name}` stands twice"));
            }
            self.singles.push((single, number, value.to_owned()));
            return Ok(());
        }
        if let Some(group) = KEYS.iter().find(|k| **k == name) {
            self.keys.push((group, enrolled(value)?));
            return Ok(());
        }
        if name == "box" {
            self.boxes.push(planned_box(value)?);
            return Ok(());
        }
        Err(format!("`{name}` is not known"))
    }

    fn single(&self, name: &str) -> Result<&str, String> {
        self.singles
            .iter()
            .find(|(s, ..)| *s == name)
            .map(|(_, _, value)| value.as_str())
            .ok_or_else(|| format!("`{name}` is missing"))
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, String> {
        self.single(name)?
            .parse()
            .map_err(|_| format!("`{name}` is not a number in range"))
    }

    /// As [`Self::number`], of a line that may be left out.
    fn number_or(&self, name: &str, otherwise: u16) -> Result<u16, String> {
        if self.singles.iter().any(|(s, ..)| *s == name) {
            self.number(name)
        } else {
            Ok(otherwise)
        }
    }

    /// Waiting time and window of item credits. No waiting is for specimens, which are the only
    /// items that a config can ask for.
    fn credit_days(&self) -> Result<(u16, u16), String> {
        let waiting = self.number_or("credit-waiting-days", CREDIT_WAITING_DAYS)?;
        let window = self.number_or("credit-window-days", CREDIT_WINDOW_DAYS)?;
        if waiting > window || window > CREDIT_WINDOW_DAYS_MAX {
            return Err(format!(
                "`credit-waiting-days` must not be above `credit-window-days`, and this not above \
                 {CREDIT_WINDOW_DAYS_MAX}"
            ));
        }
        Ok((waiting, window))
    }

    fn pair(&self, name: &str) -> Result<Ascii<2>, String> {
        <[u8; 2]>::try_from(self.single(name)?.as_bytes())
            .ok()
            .and_then(Ascii::new)
            .ok_or_else(|| format!("`{name}` must be two ASCII characters"))
    }

    fn group(&self, name: &str) -> Vec<EnrolledKey> {
        self.keys
            .iter()
            .filter(|(group, _)| *group == name)
            .map(|(_, key)| key.clone())
            .collect()
    }

    fn list(&self, name: &str) -> Result<List<EnrolledKey, ENROLLED_MAX>, String> {
        List::new(self.group(name)).map_err(|_| format!("more than {ENROLLED_MAX} of `{name}`"))
    }

    fn quorum(&self, group: &str, required: &str) -> Result<Quorum, String> {
        Quorum::new(self.number(required)?, self.group(group)).map_err(|_| {
            format!("`{required}` must be 1 to the number of different `{group}` keys")
        })
    }

    fn finish(self) -> Result<Plan, String> {
        if self.single("mode")? != "specimen" {
            return Err(
                "`mode` must be `specimen`: real postage needs a post's authorisation, which this \
                 version can not install"
                    .to_owned(),
            );
        }
        for kind in BoxKind::ALL {
            if !self.boxes.iter().any(|b| b.kind == *kind) {
                return Err(format!("no `box {}`", kind.name().to_lowercase()));
            }
        }
        let (credit_waiting_days, credit_window_days) = self.credit_days()?;
        Ok(Plan {
            name: Bytes::new(self.single("installation")?.as_bytes().to_vec())
                .map_err(|_| format!("`installation` is longer than {NAME_MAX} bytes"))?,
            post: PostId(self.number("post")?),
            currency: Currency(self.number("currency")?),
            vendor: self.pair("vendor")?,
            model: self.pair("model")?,
            suite: match self.single("suite")? {
                "ed25519" => Suite::Ed25519,
                "p256" => Suite::P256,
                _ => return Err("`suite` must be `ed25519` or `p256`".to_owned()),
            },
            operators: self.quorum("operator", "operators-required")?,
            treasury: self.quorum("treasury", "treasury-required")?,
            refunders: self.quorum("refunder", "refunders-required")?,
            verifiers: self.list("verifier")?,
            rate_signers: self.list("rate-signer")?,
            reporters: self.list("reporter")?,
            credit_waiting_days,
            credit_window_days,
            servers: self.list("server")?,
            boxes: self.boxes,
        })
    }
}

fn hex32(text: &str) -> Result<[u8; 32], String> {
    item::Digest::from_hex(text)
        .map(|d| d.0)
        .ok_or_else(|| "a key must be 64 lower-case hex digits".to_owned())
}

fn enrolled(value: &str) -> Result<EnrolledKey, String> {
    let (name, key) = value
        .split_once(char::is_whitespace)
        .map(|(name, key)| (name, key.trim()))
        .ok_or("a name and a key are needed: `NAME ed25519:HEX`")?;
    let hex = key
        .strip_prefix("ed25519:")
        .ok_or("a key must start with `ed25519:`")?;
    Ok(EnrolledKey {
        name: Bytes::new(name.as_bytes().to_vec())
            .map_err(|_| format!("a name is longer than {NAME_MAX} bytes"))?,
        key: PublicKey::new(Suite::Ed25519, &hex32(hex)?).map_err(|e| e.to_string())?,
    })
}

fn planned_box(value: &str) -> Result<PlannedBox, String> {
    let mut words = value.split_whitespace();
    let (Some(kind), Some(id), Some(key), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err("a box needs `KIND ID ENROLMENT-KEY`".to_owned());
    };
    Ok(PlannedBox {
        kind: *BoxKind::ALL
            .iter()
            .find(|k| k.name().eq_ignore_ascii_case(kind))
            .ok_or_else(|| format!("`{kind}` is no kind of box"))?,
        id: BoxId(
            id.parse()
                .map_err(|_| format!("`{id}` is not a box number"))?,
        ),
        enrolment: hex32(key)?,
    })
}
