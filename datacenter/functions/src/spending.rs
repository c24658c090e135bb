//! Limits of users and departments: reserved in the database before a box is asked (`store::Reservation`).
//!
//! Accounts without such limits pay one look-up in the snapshot that is read anyway. A refusal that
//! charged nothing releases what was held; where nobody knows, it stays held until the request is
//! repeated, or until it is older than any order under way and recovery found nothing left to write.

use crate::heading::may_manage;
use crate::limits::{HOLD_AGE, HOLDS_SETTLED_MAX};
use crate::read::may_read;
use crate::{Centre, Charged, Code, Problem, Session};
use item::{AccountId, Department, Digest, MeterSerial, Mills, RequestId, Time, UserId};
use std::collections::BTreeMap;
use store::{HeadingKind, Reservation, Reserved, Spender, Spending, SpendingLimit, Store};
use wire::ItemSpec;

/// Most that a limit can say, and a sum that is held.
const MILLS_MAX: u64 = i64::MAX.cast_unsigned();

/// Held for one call of one order.
#[derive(Debug)]
pub(crate) struct Hold {
    account: AccountId,
    request: RequestId,
}

/// An order that is about to spend.
pub(crate) struct Spends<'a> {
    pub(crate) account: AccountId,
    pub(crate) user: UserId,
    pub(crate) request: RequestId,
    pub(crate) key_digest: Digest,
    pub(crate) meter: MeterSerial,
    pub(crate) items: &'a [ItemSpec],
}

impl Spends<'_> {
    /// By whom, and for which departments.
    fn sums(&self) -> Vec<(Spender, Mills)> {
        let mut sums: BTreeMap<Spender, u64> = BTreeMap::new();
        for item in self.items {
            let department = (item.department != Department(0)).then_some(item.department);
            let spenders = [Spender::User(self.user)].into_iter();
            for spender in spenders.chain(department.map(Spender::Department)) {
                let sum = sums.entry(spender).or_default();
                *sum = sum.saturating_add(item.value.0);
            }
        }
        let sums = sums.into_iter();
        sums.map(|(spender, sum)| (spender, Mills(sum.min(MILLS_MAX))))
            .collect()
    }
}

impl<S: Store> Centre<S> {
    /// Holds what an order is about to spend.
    ///
    /// # Errors
    /// [`Code::UserLimit`], [`Code::DepartmentLimit`]: nothing is held, no box was asked.
    pub(crate) async fn hold(&self, spends: Spends<'_>) -> Result<Hold, Problem> {
        let sums = spends.sums();
        let wanted: BTreeMap<Spender, Mills> = sums.iter().copied().collect();
        let reserved = self
            .store()
            .reserve(Reservation {
                account: spends.account,
                request: spends.request,
                key_digest: spends.key_digest,
                meter: spends.meter,
                sums,
                now: self.now(),
            })
            .await
            // Nothing was asked of a box yet.
            .map_err(|error| Problem {
                charged: Charged::No,
                ..error.into()
            })?;
        match reserved {
            Reserved::Held => Ok(Hold {
                account: spends.account,
                request: spends.request,
            }),
            Reserved::Over {
                spender,
                spending,
                is_day,
            } => Err(over(
                spender,
                &spending,
                is_day,
                wanted.get(&spender).copied().unwrap_or_default(),
            )),
        }
    }

    /// A call has ended without items, and nothing was charged.
    pub(crate) async fn let_go(&self, hold: Hold) {
        let Hold { account, request } = hold;
        if let Err(error) = self.store().release(account, request).await {
            tracing::warn!(%error, "a reservation stays until it is old");
        }
    }

    /// Gives back what crashes left held: nothing of it was decided, or recovery would have written it.
    pub(crate) async fn settle_old_holds(&self) -> Result<(), Problem> {
        let before = Time(self.now().0.saturating_sub(HOLD_AGE));
        for hold in self.store().old_holds(before, HOLDS_SETTLED_MAX).await? {
            self.store().settle_hold(hold.account, hold.request).await?;
        }
        Ok(())
    }

    /// Sets the limit of a user or department; with none, takes it away. What was spent since the beginning
    /// of the month counts.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn set_spending_limit(
        &self,
        session: &Session,
        spender: Spender,
        limit: SpendingLimit,
    ) -> Result<Option<Spending>, Problem> {
        may_manage(session)?;
        self.has_spender(session, spender).await?;
        let mills = [limit.day, limit.month].into_iter().flatten();
        if mills.into_iter().any(|mills| mills.0 > MILLS_MAX) {
            return Err(Problem::new(Code::BadValue, "A limit is too high."));
        }
        let account = session.authority().account;
        let today = self.today();
        let store = self.store();
        store
            .set_spending_limit(account, spender, limit, today)
            .await?;
        Ok(store.spending(account, spender, today).await?)
    }

    /// How a user or department stands today; none without a limit.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn spending(
        &self,
        session: &Session,
        spender: Spender,
    ) -> Result<Option<Spending>, Problem> {
        may_read(session)?;
        self.has_spender(session, spender).await?;
        let account = session.authority().account;
        let store = self.store();
        Ok(store.spending(account, spender, self.today()).await?)
    }

    /// Whether the account has this user or department, archived or not.
    async fn has_spender(&self, session: &Session, spender: Spender) -> Result<(), Problem> {
        let account = session.authority().account;
        let (has, what) = match spender {
            Spender::User(user) => {
                let row = self.store().user(user).await?;
                (row.is_some_and(|row| row.account == account), "user")
            }
            Spender::Department(Department(number)) => {
                let asked = [(HeadingKind::Department, number)];
                let found = self.store().headings_by_number(account, &asked).await?;
                (found.into_iter().flatten().next().is_some(), "department")
            }
        };
        has.then_some(())
            .ok_or_else(|| Problem::new(Code::NotFound, format!("You have no such {what}.")))
    }
}

fn over(spender: Spender, spending: &Spending, is_day: bool, wanted: Mills) -> Problem {
    let (period, limit, spent) = match is_day {
        true => ("day", spending.limit.day, spending.day),
        false => ("month", spending.limit.month, spending.month),
    };
    let limit = limit.unwrap_or_default();
    let taken = spent.0.saturating_add(spending.held.0);
    let left = Mills(limit.0.saturating_sub(taken));
    let (code, whose) = match spender {
        Spender::User(_) => (Code::UserLimit, "The user's".to_owned()),
        Spender::Department(Department(number)) => {
            (Code::DepartmentLimit, format!("Department {number}'s"))
        }
    };
    let held = match spending.held {
        Mills(0) => String::new(),
        held => format!(" ({held} are held by orders under way)"),
    };
    Problem::new(
        code,
        format!(
            "{whose} limit is {limit} a {period}: {left} are left{held}, this costs {wanted}. Nothing was \
             charged."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_is_left() {
        let spending = Spending {
            limit: SpendingLimit {
                day: Some(Mills(5_000)),
                month: None,
            },
            day: Mills(3_000),
            month: Mills(9_000),
            held: Mills(500),
        };
        let problem = over(
            Spender::Department(Department(7)),
            &spending,
            true,
            Mills(2_000),
        );
        assert_eq!(problem.code, Code::DepartmentLimit);
        assert_eq!(problem.charged, Charged::No);
        assert!(
            problem.detail.contains("1.500 are left (0.500 are held"),
            "{}",
            problem.detail
        );
    }
}
