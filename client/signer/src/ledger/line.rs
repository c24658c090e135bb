//! The ledger's lines as text. Each carries the digest of all lines before it and of itself, so
//! none can be altered, left out or moved without the next line, or itself, not fitting.
//!
//! ```text
//! DIGEST opened INSTALLATION
//! DIGEST signed EVIDENCE REFERENCE     evidence as hex, the reference up to the line's end
//! DIGEST settled DECISION              decision as hex
//! DIGEST refunded DECISION ACT         a balance that was paid out, with the act that names who gets it
//! ```

use aws_lc_rs::digest::{Context, SHA256};
use item::{Act, CreditEvidence, Decision, Digest, InstallationId, Layout, MultiSigned, Signed};

/// This digest never leaves the file and is never signed; its prefix is no tag of `verify`.
const PREFIX: &[u8] = b"indicia/signer/ledger-line/1\0";

#[derive(Debug)]
#[cfg_attr(test, derive(Clone, PartialEq, Eq))]
pub(super) enum Record {
    Opened(InstallationId),
    Signed(MultiSigned<CreditEvidence>, String),
    Settled(Signed<Decision>),
    Refunded(Signed<Decision>, MultiSigned<Act>),
}

impl Record {
    fn text(&self) -> String {
        match self {
            Self::Opened(id) => format!("opened {id}"),
            Self::Signed(evidence, reference) => {
                format!("signed {} {reference}", hex::encode(evidence.to_bytes()))
            }
            Self::Settled(decision) => format!("settled {}", hex::encode(decision.to_bytes())),
            Self::Refunded(decision, act) => format!(
                "refunded {} {}",
                hex::encode(decision.to_bytes()),
                hex::encode(act.to_bytes())
            ),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (word, rest) = text.split_once(' ')?;
        match word {
            "opened" => InstallationId::from_hex(rest).map(Self::Opened),
            "signed" => {
                let (evidence, reference) = rest.split_once(' ')?;
                Some(Self::Signed(read(evidence)?, reference.to_owned()))
            }
            "settled" => Some(Self::Settled(read(rest)?)),
            "refunded" => {
                let (decision, act) = rest.split_once(' ')?;
                Some(Self::Refunded(read(decision)?, read(act)?))
            }
            _ => None,
        }
    }
}

fn read<T: Layout>(digits: &str) -> Option<T> {
    T::from_bytes(&hex::decode(digits).ok()?).ok()
}

/// The digest over all lines so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Chain(Digest);

impl Chain {
    /// The line of a record, with its line end.
    pub(super) fn seal(&mut self, record: &Record) -> String {
        let text = record.text();
        self.0 = self.after(&text);
        format!("{} {text}\n", self.0)
    }

    /// The record of a line, with its line end, if the line is the genuine next one.
    pub(super) fn open(&mut self, line: &[u8]) -> Option<Record> {
        let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
        let (digest, text) = line.split_once(' ')?;
        let expected = self.after(text);
        if Digest::from_hex(digest)? != expected {
            return None;
        }
        self.0 = expected;
        Record::parse(text)
    }

    fn after(&self, text: &str) -> Digest {
        let mut context = Context::new(&SHA256);
        context.update(PREFIX);
        context.update(&self.0.0);
        context.update(text.as_bytes());
        let mut out = [0; 32];
        for (slot, byte) in out.iter_mut().zip(context.finish().as_ref()) {
            *slot = *byte;
        }
        Digest(out)
    }
}
