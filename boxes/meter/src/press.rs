//! Registers, tokens, signature and chain of each item (P13): the one place that signs items. What
//! may be issued was decided before, and a [`Debit`] is the proof.

use crate::MeterRules;
use crate::debit::Debit;
use item::{Bytes, Counter, ItemRecord, Layout, MeterRecord, Mills, Payload, Time, UserId};
use keeper::Context;
use vault::{TokenKeys, VaultError, on_each};
use verify::{Tag, address_digest, statement_digest};
use wire::{ItemSpec, Order, RefusalCode};

/// Issues the items of one entry.
pub(crate) struct Press<'a> {
    rules: &'a MeterRules,
    tokens: TokenKeys,
    now: Time,
    /// Counter of the record after the decision.
    counter: Counter,
    rows: Vec<Vec<u8>>,
}

/// An item for which the registers have moved, without its signature.
struct Drawn<'a> {
    spec: &'a ItemSpec,
    ascending: Mills,
    descending: Mills,
    piece_count: u32,
    address_digest: [u8; 8],
}

impl<'a> Press<'a> {
    /// Opens the meter's token keys.
    ///
    /// # Errors
    /// [`RefusalCode::Internal`] if they can not be opened, or the counter is at its end.
    pub(crate) fn open(
        rules: &'a MeterRules,
        context: &Context<'_>,
        record: &MeterRecord,
    ) -> Result<Self, RefusalCode> {
        let tokens = TokenKeys::open(context.keys, record.serial, &record.token_keys)
            .map_err(|_| RefusalCode::Internal)?;
        Ok(Self {
            rules,
            tokens,
            now: context.now,
            counter: record.counter.next().ok_or(RefusalCode::Internal)?,
            rows: Vec::new(),
        })
    }

    /// Issues all items of an order: its first row and the number of its rows. A payload names
    /// registers and no other item, so they are made on all cores; the chain follows.
    ///
    /// # Errors
    /// [`RefusalCode::Internal`] if a key fails; the whole entry is then to be dropped.
    pub(crate) fn issue(&mut self, debit: Debit<'_>) -> Result<(u32, u32), RefusalCode> {
        let (order, authority, record) = debit.draw();
        let first = self.next_position()?;
        let drawn = order
            .items
            .as_slice()
            .iter()
            .map(|spec| draw(record, spec).ok_or(RefusalCode::Internal))
            .collect::<Result<Vec<_>, _>>()?;
        let payloads = on_each(&drawn, self.rules.cores, |item| self.payload(record, item))
            .map_err(|_| RefusalCode::Internal)?;
        for (item, payload) in drawn.into_iter().zip(payloads) {
            let row = self.row(record, order, authority.user, item, payload)?;
            let row = row.to_bytes();
            record.item_head = statement_digest(&row);
            self.rows.push(row);
        }
        let count = self.next_position()?.checked_sub(first);
        Ok((first, count.ok_or(RefusalCode::Internal)?))
    }

    /// Every item record, in chain order.
    pub(crate) fn into_rows(self) -> Vec<Vec<u8>> {
        self.rows
    }

    fn next_position(&self) -> Result<u32, RefusalCode> {
        u32::try_from(self.rows.len()).map_err(|_| RefusalCode::Internal)
    }

    fn row(
        &self,
        record: &MeterRecord,
        order: &Order,
        user: UserId,
        item: Drawn<'_>,
        payload: Vec<u8>,
    ) -> Result<ItemRecord, RefusalCode> {
        let spec = item.spec;
        Ok(ItemRecord {
            version: item::Version,
            meter: record.serial,
            counter: self.counter,
            position: self.next_position()?,
            request: order.request,
            key_digest: order.key_digest,
            body_digest: order.body_digest,
            ascending: item.ascending,
            descending: item.descending,
            piece_count: item.piece_count,
            kind: record.item_kind,
            category: spec.category,
            weight_milligrams: spec.weight_milligrams,
            value: spec.value,
            mailing_day: spec.mailing_day,
            time: self.now,
            origin: spec.origin,
            destination: spec.destination,
            address_digest: item.address_digest,
            user,
            department: spec.department,
            batch: order.batch,
            end_customer: spec.end_customer,
            specimen: record.specimen,
            payload: Bytes::new(payload).map_err(|_| RefusalCode::Internal)?,
            previous: record.item_head,
        })
    }

    /// The payload as printed: tokens over the first 62 bytes, signature over the first 74.
    fn payload(&self, record: &MeterRecord, item: &Drawn<'_>) -> Result<Vec<u8>, VaultError> {
        let (key, signer) = &self.rules.item;
        let spec = item.spec;
        let mut bytes = Payload {
            suite: signer.public().suite(),
            key: *key,
            vendor: record.vendor,
            model: record.model,
            meter: record.serial,
            ascending: item.ascending,
            value: spec.value,
            mailing_day: spec.mailing_day,
            origin: spec.origin,
            destination: spec.destination,
            descending: item.descending,
            category: spec.category,
            kind: record.item_kind,
            specimen: record.specimen,
            post: record.post,
            currency: record.currency,
            piece_count: item.piece_count,
            address_digest: item.address_digest,
            vendor_token: [0; 6],
            postal_token: [0; 6],
            signature: [0; 64],
        }
        .to_bytes();
        let [vendor, postal] = self.tokens.tokens(&bytes);
        bytes.truncate(Payload::TOKEN_MESSAGE);
        bytes.extend_from_slice(&vendor);
        bytes.extend_from_slice(&postal);
        let signature = signer.sign(Tag::ITEM, &bytes)?;
        bytes.extend_from_slice(&signature);
        Ok(bytes)
    }
}

/// Takes one item out of the registers. `None` never happens after [`Debit::check`].
fn draw<'a>(record: &mut MeterRecord, spec: &'a ItemSpec) -> Option<Drawn<'a>> {
    record.descending = record.descending.minus(spec.value)?;
    record.ascending = record.ascending.plus(spec.value)?;
    record.piece_count = record.piece_count.checked_add(1)?;
    Some(Drawn {
        spec,
        ascending: record.ascending,
        descending: record.descending,
        piece_count: record.piece_count,
        address_digest: address_digest(record.serial, record.piece_count, &spec.address),
    })
}
