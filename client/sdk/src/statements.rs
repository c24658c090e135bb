//! Statements and reports.

use api::{Report, StatementLine, StatementSums};
use reqwest::{Method, Response};

use crate::call::Call;
use crate::{ApiError, Client};

/// Which part of the books: days `YYYY-MM-DD`, ranges like `7-9`; empty for the usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BooksQuestion {
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Meters.
    pub meters: String,
    /// Piece counts; of reports only.
    pub pieces: String,
    /// Groups, parted by commas; of reports only.
    pub by: String,
}

impl BooksQuestion {
    fn call(&self, path: &str, format: &str) -> Call {
        let mut call = Call::new(Method::GET, path)
            .with_session()
            .with_query("format", format);
        for (name, value) in [
            ("from", &self.from),
            ("to", &self.to),
            ("meters", &self.meters),
            ("pieces", &self.pieces),
            ("by", &self.by),
        ] {
            if !value.is_empty() {
                call = call.with_query(name, value);
            }
        }
        call
    }
}

impl Client {
    /// A statement, line by line as it comes; `told` is told of each. Gives the sums of all meters.
    ///
    /// # Errors
    /// [`ApiError`]. What `told` was told of is then no whole statement.
    pub async fn statement(
        &self,
        question: &BooksQuestion,
        mut told: impl FnMut(StatementLine),
    ) -> Result<StatementSums, ApiError> {
        let call = question.call("/v1/statements", "json");
        let mut lines = self.lines(&call).await?;
        loop {
            match lines.next().await? {
                StatementLine::Done(sums) => return Ok(sums),
                StatementLine::Stopped(problem) => {
                    return Err(ApiError::Problem(Box::new(problem)));
                }
                line => told(line),
            }
        }
    }

    /// A statement as a file, `csv` or `pdf`; `piece` gets its bytes as they come.
    ///
    /// # Errors
    /// [`ApiError`]; the file is then not whole. What `piece` fails with is given back.
    pub async fn statement_file<E: From<ApiError>>(
        &self,
        question: &BooksQuestion,
        format: &str,
        piece: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let answer = self.open(&question.call("/v1/statements", format)).await?;
        self.pieces(answer, piece).await
    }

    /// A report.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn grouped(&self, question: &BooksQuestion) -> Result<Report, ApiError> {
        self.ask(&question.call("/v1/reports", "json")).await
    }

    /// A report as a file, `csv` or `pdf`.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn report_file(
        &self,
        question: &BooksQuestion,
        format: &str,
    ) -> Result<Vec<u8>, ApiError> {
        let (_, bytes) = self.send(&question.call("/v1/reports", format)).await?;
        Ok(bytes)
    }

    async fn pieces<E: From<ApiError>>(
        &self,
        mut answer: Response,
        mut piece: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(bytes) = answer.chunk().await.map_err(|e| self.transport(e))? {
            piece(&bytes)?;
        }
        Ok(())
    }
}
