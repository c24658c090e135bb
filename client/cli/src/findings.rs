//! Verdicts and findings in words, the same for online and offline.

use item::{Day, Time};
use sdk::api;
use serde::Serialize;
use verify::{Finding, FindingCode, Verdict};

/// What became of one payload.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Checked {
    pub(crate) verdict: String,
    pub(crate) findings: Vec<api::Finding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) item: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value_mills: Option<u64>,
}

impl From<api::Verified> for Checked {
    fn from(verified: api::Verified) -> Self {
        Self {
            verdict: verified.verdict,
            findings: verified.findings,
            item: verified.item,
            value_mills: verified.value_mills,
        }
    }
}

impl From<api::Accepted> for Checked {
    fn from(accepted: api::Accepted) -> Self {
        Self {
            verdict: accepted.verdict,
            findings: accepted.findings,
            item: None,
            value_mills: None,
        }
    }
}

impl Checked {
    /// The verdict as a value. A word that is not known is taken as the worst.
    pub(crate) fn verdict(&self) -> Verdict {
        match self.verdict.as_str() {
            "accept" => Verdict::Accept,
            "check" => Verdict::Check,
            _ => Verdict::Refuse,
        }
    }

    /// Whether a finding has this code.
    pub(crate) fn has(&self, code: &str) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }

    /// Whether something else than an earlier use speaks against it.
    pub(crate) fn is_bad(&self) -> bool {
        let refused = |finding: &api::Finding| {
            FindingCode::ALL
                .iter()
                .find(|code| kebab(code.name()) == finding.code)
                .is_none_or(|code| code.at_best() == Verdict::Refuse && *code != FindingCode::Used)
        };
        self.findings.iter().any(refused)
    }

    /// For people: the verdict, then a line a finding.
    pub(crate) fn text(&self) -> String {
        let mut text = match (&self.item, self.value_mills) {
            (Some(item), Some(mills)) => {
                format!(
                    "{} item {item}, worth {}",
                    self.headline(),
                    item::Mills(mills)
                )
            }
            _ => self.headline().to_owned(),
        };
        for finding in &self.findings {
            text.push_str("\n  - ");
            text.push_str(&sentence(finding));
        }
        text
    }

    fn headline(&self) -> &'static str {
        match self.verdict() {
            Verdict::Accept => "ACCEPT",
            Verdict::Check => "CHECK",
            Verdict::Refuse => "REFUSE",
        }
    }
}

/// A verdict's word, as the API says it.
pub(crate) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accept => "accept",
        Verdict::Check => "check",
        Verdict::Refuse => "refuse",
    }
}

/// A finding in the form of the API.
pub(crate) fn as_api(finding: &Finding) -> api::Finding {
    api::Finding {
        code: kebab(finding.code.name()),
        first_seen: finding.first.map(|(time, _)| utc_day(time)),
        first_place: finding.first.map(|(_, place)| format!("{:05}", place.0)),
    }
}

fn utc_day(time: Time) -> String {
    Day::of_time(time).to_string()
}

fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn sentence(finding: &api::Finding) -> String {
    let text = match finding.code.as_str() {
        "unreadable" => "the bytes are no indicium",
        "authentic" => "genuine: signed by a key of this installation",
        "forged" => "FORGED: the signature does not fit, or its key is unknown or revoked",
        "recorded" => "the data centre has exactly this item on record",
        "not-recorded" => "the data centre has no such item",
        "fork" => "another item has the same number: a box was copied; raise an alarm",
        "unused" => "not accepted anywhere so far",
        "used" => return used(finding),
        "use-unknown" => "nobody was asked whether it was used before: look again online",
        "void" => "it was taken back",
        "date" => "the mailing date is outside its window",
        "amount" => "it is worth less than this piece costs",
        "address" => "the address is the one that was paid for",
        "other-address" => "the address is another than the one that was paid for",
        "specimen" => "SPECIMEN: plainly marked as not valid",
        "old-pack" => "the verification pack is out of date: fetch a newer one",
        other => return format!("finding {other:?}, which this program does not know"),
    };
    text.to_owned()
}

fn used(finding: &api::Finding) -> String {
    match (&finding.first_seen, &finding.first_place) {
        (Some(time), Some(place)) => {
            format!("USED before: first accepted {time} at post office {place}")
        }
        _ => "USED before".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use item::Zip;

    #[test]
    fn every_finding_has_a_sentence() {
        for code in FindingCode::ALL {
            let text = sentence(&as_api(&(*code).into()));
            assert!(!text.contains("does not know"), "{code:?}: {text}");
        }
    }

    #[test]
    fn used_says_when_and_where() {
        let finding = Finding {
            code: FindingCode::Used,
            first: Some((Time(1_795_219_200_000), Zip(501))),
        };
        let text = sentence(&as_api(&finding));
        assert!(
            text.contains("2026-11-21") && text.contains("00501"),
            "{text}"
        );
    }

    #[test]
    fn only_an_earlier_use_is_no_other_reason() {
        let checked = |codes: &[FindingCode]| Checked {
            verdict: "refuse".to_owned(),
            findings: codes.iter().map(|code| as_api(&(*code).into())).collect(),
            item: None,
            value_mills: None,
        };
        use FindingCode::{Authentic, Forged, Recorded, Used, Void};
        assert!(!checked(&[Authentic, Recorded, Used]).is_bad());
        assert!(checked(&[Authentic, Recorded, Used, Void]).is_bad());
        assert!(checked(&[Forged]).is_bad());
        let mut other = checked(&[Authentic]);
        for finding in &mut other.findings {
            finding.code = "new-reason".to_owned();
        }
        assert!(other.is_bad());
    }

    #[test]
    fn an_unknown_verdict_is_the_worst() {
        let checked = Checked {
            verdict: "fine".to_owned(),
            findings: Vec::new(),
            item: None,
            value_mills: None,
        };
        assert_eq!(checked.verdict(), Verdict::Refuse);
    }
}
