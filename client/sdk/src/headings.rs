//! Departments and end customers.

use api::{Heading, HeadingChange, Headings, NewHeading};
use reqwest::Method;

use crate::call::Call;
use crate::limits::HEADINGS_PER_PAGE;
use crate::{ApiError, Client};

/// What items are booked under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadingKind {
    /// Departments.
    Department,
    /// End customers of a mail house.
    EndCustomer,
}

impl HeadingKind {
    fn path(self) -> &'static str {
        match self {
            Self::Department => "/v1/departments",
            Self::EndCustomer => "/v1/end-customers",
        }
    }
}

impl Client {
    /// Makes a department or an end customer.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn make_heading(
        &self,
        kind: HeadingKind,
        body: &NewHeading,
        key: &str,
    ) -> Result<Heading, ApiError> {
        let call = Call::new(Method::POST, kind.path()).with_session();
        self.ask(&call.with_key(key).with_body(body)).await
    }

    /// One page of them, by number; `cursor` is that of the page before.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn headings(
        &self,
        kind: HeadingKind,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Headings, ApiError> {
        let mut call = Call::new(Method::GET, kind.path())
            .with_session()
            .with_query("limit", limit);
        if let Some(cursor) = cursor {
            call = call.with_query("cursor", cursor);
        }
        self.ask(&call).await
    }

    /// All of them.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn all_headings(&self, kind: HeadingKind) -> Result<Vec<Heading>, ApiError> {
        let mut page = self.headings(kind, None, HEADINGS_PER_PAGE).await?;
        let mut headings = page.headings;
        while let Some(cursor) = page.next_cursor {
            page = self
                .headings(kind, Some(&cursor), HEADINGS_PER_PAGE)
                .await?;
            headings.append(&mut page.headings);
        }
        Ok(headings)
    }

    /// Renames, codes, archives or reopens one.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn change_heading(
        &self,
        kind: HeadingKind,
        number: u32,
        body: &HeadingChange,
    ) -> Result<Heading, ApiError> {
        let path = format!("{}/{number}", kind.path());
        let call = Call::new(Method::PATCH, path).with_session();
        self.ask(&call.with_body(body)).await
    }
}
