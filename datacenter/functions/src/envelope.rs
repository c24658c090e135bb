//! Drawing envelopes for items that exist. Nothing is charged, nothing of the text is kept.

use crate::{Centre, Code, Problem, Session};
use item::{ItemRecord, MeterSerial, normalise_address};
use print::Piece;
use store::Store;
use verify::address_digest;

/// The text of one envelope.
#[derive(Debug, Clone)]
pub struct EnvelopeText {
    /// Meter of the item.
    pub meter: MeterSerial,
    /// Its piece count.
    pub piece_count: u32,
    /// Lines, upper left.
    pub return_address: Vec<String>,
    /// Lines; the item's address, if it has one.
    pub recipient: Vec<String>,
}

impl<S: Store> Centre<S> {
    /// Lays out envelopes for items of the session's account.
    ///
    /// # Errors
    /// [`Problem`], for the first envelope that can not be drawn.
    pub async fn envelopes(
        &self,
        session: &Session,
        texts: Vec<EnvelopeText>,
    ) -> Result<Vec<Piece>, Problem> {
        let mut out = Vec::with_capacity(texts.len());
        let mut seen: Option<MeterSerial> = None;
        for text in texts {
            // The rights to a meter are asked for once a run of its items.
            let item = if seen == Some(text.meter) {
                self.store().item(text.meter, text.piece_count).await?
            } else {
                self.meter(session, text.meter).await?;
                seen = Some(text.meter);
                self.store().item(text.meter, text.piece_count).await?
            }
            .ok_or_else(|| Problem::new(Code::NotFound, "You have no such item."))?;
            let item = self
                .stored_payload(text.meter, text.piece_count, &item)
                .await?;
            out.push(envelope(&item, text)?);
        }
        Ok(out)
    }
}

fn envelope(item: &ItemRecord, text: EnvelopeText) -> Result<Piece, Problem> {
    let lines = normalise_address(text.recipient.iter().map(String::as_str))
        .map_err(|_| Problem::new(Code::BadAddress, "The address is too long."))?;
    if item.address_digest != [0; 8]
        && address_digest(item.meter, item.piece_count, &lines) != item.address_digest
    {
        return Err(Problem::new(
            Code::OtherAddress,
            format!(
                "Item {}-{} was dispensed for another address; it would be refused at acceptance.",
                item.meter.0, item.piece_count
            ),
        ));
    }
    let class = match item.category.as_str().get(..3) {
        Some("FCL") => "First-Class Letter",
        Some("FCC") => "First-Class Card",
        Some("FCF") => "First-Class Flat",
        _ => "Postage",
    };
    Ok(Piece {
        payload: item.payload.as_slice().to_vec(),
        amount: format!("${}", item.value),
        mailing_date: item.mailing_day.to_string(),
        class: class.to_owned(),
        origin: format!("ORIGIN {:05}", item.origin.0),
        meter: format!("METER {}", item.meter),
        piece: format!("PIECE {}", item.piece_count),
        specimen: item.specimen,
        return_address: text.return_address,
        recipient: text.recipient,
        fim: None,
        imb: None,
        package: None,
    })
}
