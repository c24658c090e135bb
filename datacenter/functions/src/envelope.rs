//! What is drawn for items that exist. Nothing is charged, nothing of the text is kept.
//!
//! Not here: the drawing itself (`print`), on what, and in which format.

use crate::{Centre, Code, Problem, Session};
use item::{Day, ItemRecord, MeterSerial, normalise_address};
use postal::imb::{Imb, ImbFields, MailerId};
use postal::impb::{Channel, Impb, ImpbFields, Length};
use print::{Fim, PackageBarcode, Piece};
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

/// What stands beside indicium and addresses, alike on all pieces of one drawing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Marks {
    /// Facing identification mark.
    pub fim: Option<Fim>,
    /// Intelligent Mail barcode.
    pub imb: Option<MailerBarcode>,
    /// Package barcode.
    pub package: Option<MailerBarcode>,
}

/// What a mailer's barcodes have in common; their serial is the item's piece count, so that no two pieces of a
/// meter have the same.
#[derive(Debug, Clone, Copy)]
pub struct MailerBarcode {
    /// Who mails it.
    pub mailer: MailerId,
    /// Three digits, from the post's list.
    pub service_type: u16,
}

impl<S: Store> Centre<S> {
    /// What is to be drawn for items of the session's account. Without `with_addresses`, addresses are left
    /// out, and an item that is for one is drawn all the same.
    ///
    /// # Errors
    /// [`Problem`], for the first that can not be drawn.
    pub async fn pieces(
        &self,
        session: &Session,
        texts: Vec<EnvelopeText>,
        marks: Marks,
        with_addresses: bool,
    ) -> Result<Vec<Piece>, Problem> {
        let mut out = Vec::with_capacity(texts.len());
        let mut seen: Option<MeterSerial> = None;
        for text in texts {
            // The rights to a meter are asked for once a run of its items.
            if seen != Some(text.meter) {
                self.meter(session, text.meter).await?;
                seen = Some(text.meter);
            }
            let item = self.store().item(text.meter, text.piece_count).await?;
            let item =
                item.ok_or_else(|| Problem::new(Code::NotFound, "You have no such item."))?;
            let item = self
                .stored_payload(text.meter, text.piece_count, &item)
                .await?;
            let text = match with_addresses {
                true => of_its_address(&item, text)?,
                false => EnvelopeText {
                    return_address: Vec::new(),
                    recipient: Vec::new(),
                    ..text
                },
            };
            out.push(self.piece(&item, text, marks)?);
        }
        Ok(out)
    }

    fn piece(&self, item: &ItemRecord, text: EnvelopeText, marks: Marks) -> Result<Piece, Problem> {
        Ok(Piece {
            payload: item.payload.as_slice().to_vec(),
            amount: format!("${}", item.value),
            mailing_date: item.mailing_day.to_string(),
            class: self.class_of(item.category.as_str(), item.mailing_day),
            origin: format!("ORIGIN {:05}", item.origin.0),
            meter: format!("METER {}", item.meter),
            piece: format!("PIECE {}", item.piece_count),
            specimen: item.specimen,
            return_address: text.return_address,
            recipient: text.recipient,
            fim: marks.fim,
            imb: marks.imb.map(|code| imb(item, code)).transpose()?,
            package: marks.package.map(|code| package(item, code)).transpose()?,
        })
    }

    /// The class of a rate category, in words, as the table of the mailing date has it.
    fn class_of(&self, category: &str, day: Day) -> String {
        let table = self.rates();
        let period = table.period(day.decimal()).ok();
        let rate = period.and_then(|period| period.rate_of_category(category.as_bytes()));
        let words = rate.and_then(|rate| {
            let class = table
                .classes()
                .iter()
                .find(|class| class.code == rate.class)?;
            Some(format!("{} {}", class.title, rate.shape))
        });
        words.unwrap_or_else(|| "Postage".to_owned())
    }
}

/// The text, if the item was dispensed for its recipient or for nobody in particular.
fn of_its_address(item: &ItemRecord, text: EnvelopeText) -> Result<EnvelopeText, Problem> {
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
    Ok(text)
}

fn destination(item: &ItemRecord) -> Option<postal::Zip> {
    postal::Zip::from_routing(item.destination).ok().flatten()
}

fn imb(item: &ItemRecord, code: MailerBarcode) -> Result<print::ImbBars, Problem> {
    let serials = code.mailer.imb_serial_max().saturating_add(1);
    let imb = Imb::new(ImbFields {
        barcode_id: 0,
        service_type: code.service_type,
        mailer: code.mailer,
        serial: item.piece_count.checked_rem(serials).unwrap_or_default(),
        routing: destination(item),
    })
    .map_err(|error| Problem::new(Code::BadBarcode, error.to_string()))?;
    let bars = imb.bars().to_string();
    bars.parse()
        .map_err(|_| Problem::internal("bars that are none"))
}

fn package(item: &ItemRecord, code: MailerBarcode) -> Result<PackageBarcode, Problem> {
    let barcode = Impb::new(ImpbFields {
        channel: match code.mailer.is_long() {
            true => Channel::CommercialLong,
            false => Channel::CommercialShort,
        },
        service_type: code.service_type,
        mailer: code.mailer,
        serial: u64::from(item.piece_count),
        length: Length::Digits26,
        routing: destination(item).map(|zip| zip.without_delivery_point()),
    })
    .map_err(|error| Problem::new(Code::BadBarcode, error.to_string()))?;
    let widths = barcode
        .symbol()
        .map_err(|error| Problem::new(Code::BadBarcode, error.to_string()))?;
    PackageBarcode::new(widths, barcode.grouped())
        .map_err(|error| Problem::new(Code::BadBarcode, error.to_string()))
}
