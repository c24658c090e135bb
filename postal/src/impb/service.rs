//! Service types of package barcodes, as data: three digits for a class with its services.
//!
//! Not here: the post's full list, which is longer and changes; a mailer that needs another code gives the
//! number itself. Called when a label is made from an order, and when a barcode is shown to people.

/// One service type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceType {
    /// The three digits.
    pub code: u16,
    /// The class it is for, in the words of the rate table; none: any class.
    pub class: Option<&'static str>,
    /// The services it stands for, in the words of the rate table, sorted.
    pub services: &'static [&'static str],
    /// In words.
    pub description: &'static str,
}

/// The service types that published samples of tracking numbers show.
///
/// Source: the post's public page on tracking number formats (9400 1..., 9205 5..., 9407 3..., 9303 3...,
/// 9208 8..., 9202 1..., 9270 1...). The first of two with one key is the one that is printed.
pub const SERVICE_TYPES: [ServiceType; 8] = [
    ServiceType {
        code: 1,
        class: None,
        services: &[],
        description: "Tracking",
    },
    ServiceType {
        code: 21,
        class: None,
        services: &["signature-confirmation"],
        description: "Signature Confirmation",
    },
    ServiceType {
        code: 33,
        class: None,
        services: &["collect-on-delivery"],
        description: "Collect on Delivery",
    },
    ServiceType {
        code: 55,
        class: Some("priority"),
        services: &[],
        description: "Priority Mail with tracking",
    },
    ServiceType {
        code: 73,
        class: None,
        services: &["certified"],
        description: "Certified Mail",
    },
    ServiceType {
        code: 71,
        class: None,
        services: &["certified"],
        description: "Certified Mail",
    },
    ServiceType {
        code: 88,
        class: None,
        services: &["registered"],
        description: "Registered Mail",
    },
    ServiceType {
        code: 701,
        class: Some("express"),
        services: &[],
        description: "Priority Mail Express with tracking",
    },
];

impl ServiceType {
    /// The service type of a code; none if it is not in the list.
    pub fn of_code(code: u16) -> Option<&'static Self> {
        SERVICE_TYPES.iter().find(|known| known.code == code)
    }

    /// The service type of a class with services in any order: the one of this very class, else the one of any
    /// class; none if the list has neither.
    pub fn find(class: &str, services: &[&str]) -> Option<&'static Self> {
        let mut wanted = services.to_vec();
        wanted.sort_unstable();
        let fits = |known: &&Self| known.services == wanted;
        let candidates = || SERVICE_TYPES.iter().filter(fits);
        candidates()
            .find(|known| known.class == Some(class))
            .or_else(|| candidates().find(|known| known.class.is_none()))
    }
}
