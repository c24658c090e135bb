//! What is not an item: log-ins and refills.

use crate::dispensing::with_latency;
use crate::drive::{Source, closed};
use crate::http::{Ask, Body};
use crate::report::Figures;
use crate::site::Site;
use anyhow::Result;
use e2e::{HOUR_MS, PASSWORD, key_of, now};
use item::{
    CreditEvidence, EvidenceKind, Layout, List, MeterSerial, Mills, MultiSigned, Time, Version,
};
use serde_json::json;
use signer::payment_reference;
use std::sync::Arc;
use std::time::Duration;
use verify::{Tag, evidence_id};

/// Of each credit, mills.
const AMOUNT: u64 = 1_000;
/// The customer's first credit came with the meter.
const NEXT_CREDIT: u64 = 2;

/// `login`: each customer logs in again and again.
pub(crate) async fn login(site: &Site, time: Duration) -> Result<Figures> {
    let logins: Vec<Body> = site
        .customers
        .iter()
        .map(|c| json!({"login": c.login, "password": PASSWORD}))
        .map(|body| Body::from(body.to_string().into_bytes()))
        .collect();
    let source: Source = Arc::new(move |worker, number| Ask {
        path: "/v1/sessions".into(),
        authorization: None,
        key: Some(format!("login-{worker}-{number}")),
        body: logins.get(worker).cloned().unwrap_or_default(),
        weight: 1,
    });
    let connections = site.customers.len();
    let since = site.meter();
    let mut driven = closed(&site.api, connections, time, source).await?;
    let mut figures = Figures {
        name: "login".to_owned(),
        rate_per_s: driven.rate(),
        refused: driven.refused.clone(),
        ..Figures::default()
    };
    site.used(&since, None, &mut figures);
    with_latency(&mut figures, &mut driven);
    Ok(figures)
}

/// `refill`: each customer hands in one credit after the other, signed as they are needed.
pub(crate) async fn refill(site: &Site, time: Duration) -> Result<Figures> {
    let (key, installation) = (site.house.key("treasury"), site.house.installation());
    let customers = site.customers.clone();
    let source: Source = Arc::new(move |worker, number| {
        let Some(customer) = customers.get(worker) else {
            return Ask::default();
        };
        let (meter, sequence) = (MeterSerial(customer.meter), NEXT_CREDIT + number);
        let reference = payment_reference(&format!("bench-{worker}-{number}"));
        let body = CreditEvidence {
            version: Version,
            kind: EvidenceKind::Deposit,
            installation: installation.transcript().installation,
            id: evidence_id(meter, sequence, &reference),
            meter,
            funding_sequence: sequence,
            amount: Mills(AMOUNT),
            currency: installation.transcript().currency,
            reference,
            expires: Time(now().0 + HOUR_MS),
        };
        let signature = key.sign(Tag::CREDIT, &body.to_bytes());
        let credit = MultiSigned {
            body,
            signatures: List::new(vec![(key.id(), signature)]).unwrap_or_default(),
        }
        .to_bytes();
        let statement = sdk::encode(&credit);
        Ask {
            path: format!("/v1/meters/{}/refills", customer.meter),
            authorization: Some(Arc::clone(&customer.authorization)),
            key: Some(key_of(&credit)),
            body: Body::from(json!({ "statement": statement }).to_string().into_bytes()),
            weight: 1,
        }
    });
    let since = site.meter();
    let connections = site.customers.len();
    let mut driven = closed(&site.api, connections, time, source)
        .await?
        .all_good()?;
    let mut figures = Figures {
        name: "refill".to_owned(),
        rate_per_s: driven.rate(),
        ..Figures::default()
    };
    site.used(&since, None, &mut figures);
    with_latency(&mut figures, &mut driven);
    Ok(figures)
}
