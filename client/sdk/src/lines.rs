//! Answers that come line by line: one JSON value each, the last of which says how it ended.

use std::collections::VecDeque;

use reqwest::Response;
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::{ApiError, Client};

/// An answer on its way.
pub(crate) struct Lines<'a> {
    client: &'a Client,
    answer: Response,
    /// Bytes that came and were not given out.
    kept: VecDeque<u8>,
    /// How many of them are known to hold no end of a line.
    looked_at: usize,
}

impl Client {
    /// Asks for an answer that comes line by line.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(crate) async fn lines(&self, call: &Call) -> Result<Lines<'_>, ApiError> {
        Ok(Lines {
            client: self,
            answer: self.open(call).await?,
            kept: VecDeque::new(),
            looked_at: 0,
        })
    }
}

impl Lines<'_> {
    /// The next line. Who reads stops at the one that says how it ended: there is no other end.
    ///
    /// # Errors
    /// [`ApiError::Unfinished`] if the answer ends before; [`ApiError`].
    pub(crate) async fn next<T: DeserializeOwned>(&mut self) -> Result<T, ApiError> {
        loop {
            let unread = self.kept.iter().skip(self.looked_at);
            if let Some(at) = unread.copied().position(|byte| byte == b'\n') {
                let end = self.looked_at + at;
                let line: Vec<u8> = self.kept.drain(..=end).collect();
                self.looked_at = 0;
                if line.len() > 1 {
                    let status = self.answer.status();
                    return serde_json::from_slice(&line)
                        .map_err(|_| self.client.unexpected(status));
                }
                continue;
            }
            self.looked_at = self.kept.len();
            let more = self.answer.chunk().await;
            match more.map_err(|error| self.client.transport(error))? {
                Some(bytes) => self.kept.extend(bytes),
                None => {
                    return Err(ApiError::Unfinished {
                        base: self.client.base.clone(),
                    });
                }
            }
        }
    }
}
