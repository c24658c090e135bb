//! Every statement, in one place, so that one test can prepare all of them.
//!
//! Kept portable: no engine's own functions, no row values across tables, partition key first.

macro_rules! statements {
    ($($name:ident = $sql:literal;)*) => {
        $(pub(crate) const $name: &str = $sql;)*
        /// All of them.
        pub(crate) const ALL: &[&str] = &[$($name),*];
    };
}

statements! {
    SIGN_UP_INSERT = "INSERT INTO signups \
        (user, account, login, display_name, body_digest, created, finished) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0) ON CONFLICT DO NOTHING";
    SIGN_UP_BY_USER = "SELECT user, account, login, display_name, body_digest, created \
        FROM signups WHERE user = ?1";
    SIGN_UPS_OPEN = "SELECT user, account, login, display_name, body_digest, created \
        FROM signups WHERE finished = 0 AND created < ?1 ORDER BY created, user LIMIT ?2";
    USER_ADDED = "UPDATE signups SET finished = 1 WHERE user = ?1 AND finished = 0 \
        AND EXISTS (SELECT 1 FROM chains c WHERE c.account = signups.account)";
    SIGN_UP_FINISHED = "UPDATE signups SET finished = 1 WHERE finished = 0 AND account = ?1";

    USER_BY_LOGIN = "SELECT s.user, s.account, s.login, s.display_name, u.record \
        FROM signups s LEFT JOIN users u ON u.user = s.user WHERE s.login = ?1";
    USER = "SELECT s.user, s.account, s.login, s.display_name, u.record \
        FROM signups s LEFT JOIN users u ON u.user = s.user WHERE s.user = ?1";
    USERS_OF = "SELECT s.user, s.account, s.login, s.display_name, u.record \
        FROM users u JOIN signups s ON s.user = u.user WHERE u.account = ?1 \
        ORDER BY u.user LIMIT ?2";
    USERS_OF_AFTER = "SELECT s.user, s.account, s.login, s.display_name, u.record \
        FROM users u JOIN signups s ON s.user = u.user WHERE u.account = ?1 AND u.user > ?2 \
        ORDER BY u.user LIMIT ?3";
    USER_INSERT = "INSERT INTO users (user, account, counter, record) \
        VALUES (?1, ?2, 1, ?3) ON CONFLICT DO NOTHING";
    USER_UPDATE = "UPDATE users SET counter = ?3, record = ?4 WHERE user = ?1 AND counter = ?2";
    USER_STATE = "SELECT counter, record FROM users WHERE user = ?1";

    API_KEY_NAME = "INSERT INTO api_keys (key, account, user, name, body_digest, created) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    API_KEY_BODY = "SELECT body_digest FROM api_keys WHERE key = ?1";
    API_KEY = "SELECT k.key, k.account, k.user, k.name, k.created, r.record \
        FROM api_keys k LEFT JOIN api_key_records r ON r.key = k.key WHERE k.key = ?1";
    API_KEYS_OF = "SELECT k.key, k.account, k.user, k.name, k.created, r.record \
        FROM api_keys k LEFT JOIN api_key_records r ON r.key = k.key WHERE k.account = ?1 \
        ORDER BY k.key LIMIT ?2";
    API_KEYS_OF_AFTER = "SELECT k.key, k.account, k.user, k.name, k.created, r.record \
        FROM api_keys k LEFT JOIN api_key_records r ON r.key = k.key \
        WHERE k.account = ?1 AND k.key > ?2 ORDER BY k.key LIMIT ?3";
    API_KEY_INSERT = "INSERT INTO api_key_records (key, account, counter, record) \
        VALUES (?1, ?2, 1, ?3) ON CONFLICT DO NOTHING";
    API_KEY_UPDATE = "UPDATE api_key_records SET counter = ?3, record = ?4 \
        WHERE key = ?1 AND counter = ?2";
    API_KEY_STATE = "SELECT counter, record FROM api_key_records WHERE key = ?1";

    CHAIN = "SELECT record FROM chains WHERE account = ?1";
    CHAIN_INSERT = "INSERT INTO chains (account, counter, record) \
        VALUES (?1, 1, ?2) ON CONFLICT DO NOTHING";
    CHAIN_UPDATE = "UPDATE chains SET counter = ?3, record = ?4 WHERE account = ?1 AND counter = ?2";
    CHAIN_STATE = "SELECT counter, record FROM chains WHERE account = ?1";
    ENTRY_NEWEST = "SELECT entry FROM chain_entries WHERE account = ?1 \
        ORDER BY sequence DESC LIMIT 1";
    ENTRIES_AFTER = "SELECT entry FROM chain_entries WHERE account = ?1 AND sequence > ?2 \
        ORDER BY sequence LIMIT ?3";
    ENTRY_INSERT = "INSERT INTO chain_entries (account, sequence, event, recorded, entry) \
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
    ENTRY = "SELECT entry FROM chain_entries WHERE account = ?1 AND sequence = ?2";

    METER = "SELECT serial, account, record FROM meters WHERE serial = ?1";
    METERS_OF = "SELECT serial, account, record FROM meters WHERE account = ?1 AND serial > ?2 \
        ORDER BY serial LIMIT ?3";
    METER_INSERT = "INSERT INTO meters (serial, account, counter, state, balance_mills, record) \
        VALUES (?1, ?2, 1, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
    METER_UPDATE = "UPDATE meters SET counter = ?3, state = ?4, balance_mills = ?5, record = ?6 \
        WHERE serial = ?1 AND counter = ?2";
    METER_STATE = "SELECT counter, record FROM meters WHERE serial = ?1";

    PRIOR = "SELECT body_digest, request, meter, counter, piece_count, pieces \
        FROM items WHERE substr(account, 1, 8) = substr(?1, 1, 8) \
        AND substr(key_digest, 1, 16) = substr(?2, 1, 16) AND account = ?1 AND key_digest = ?2";

    AGREEMENT_INSERT = "INSERT INTO agreements (digest, text) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    LICENCE_INSERT = "INSERT INTO licences (digest, account, meter, application, details) \
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
    LICENCE_REFUSE = "UPDATE licences SET refusal = ?2 WHERE digest = ?1 AND refusal IS NULL";
    LICENCE_GRANT = "UPDATE licences SET act = ?2 WHERE digest = ?1 AND act IS NULL";
    LICENCE = "SELECT digest, account, application, details, refusal, act \
        FROM licences WHERE digest = ?1";
    LICENCES_OF = "SELECT digest, account, application, details, refusal, act \
        FROM licences WHERE account = ?1 AND digest > ?2 ORDER BY digest LIMIT ?3";
    LICENCES_OPEN = "SELECT digest, account, application, details, refusal, act \
        FROM licences WHERE refusal IS NULL AND act IS NULL AND digest > ?1 \
        ORDER BY digest LIMIT ?2";

    ITEM = "SELECT item FROM items WHERE meter = ?1 AND piece_count = ?2";
    ITEM_NEWEST = "SELECT item FROM items WHERE meter = ?1 ORDER BY piece_count DESC LIMIT 1";
    ITEMS_FROM = "SELECT meter, piece_count, item FROM items \
        WHERE meter = ?1 AND piece_count >= ?2 ORDER BY piece_count LIMIT ?3";
    ITEMS_REST_OF_METER = "SELECT i.meter, i.piece_count, i.item \
        FROM meters m JOIN items i ON i.meter = m.serial \
        WHERE m.serial = ?2 AND m.account = ?1 AND i.piece_count > ?3 \
        ORDER BY i.piece_count LIMIT ?4";
    ITEMS_LATER_METERS = "SELECT i.meter, i.piece_count, i.item \
        FROM meters m JOIN items i ON i.meter = m.serial \
        WHERE m.account = ?1 AND m.serial > ?2 ORDER BY m.serial, i.piece_count LIMIT ?3";
    ITEM_INSERT = "INSERT INTO items (meter, piece_count, counter, item, decision, \
        account, key_digest, body_digest, request, pieces) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING";
    ITEM_WHOLE = "SELECT item, decision FROM items WHERE meter = ?1 AND piece_count = ?2";
    DECISION_AT = "SELECT decision FROM items \
        WHERE meter = ?1 AND piece_count = ?2 AND decision IS NOT NULL";

    DECISION = "SELECT box_kind, subject, counter, request, decision FROM decisions \
        WHERE box_kind = ?1 AND subject = ?2 AND counter = ?3";
    CHAIN_DECISION = "SELECT box_kind, subject, counter, request, decision FROM decisions \
        WHERE request = ?1 AND box_kind = 4 LIMIT 1";
    DECISION_INSERT = "INSERT INTO decisions (box_kind, subject, counter, request, decision) \
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";

    EVIDENCE = "SELECT box_kind, subject, counter, evidence FROM evidence WHERE digest = ?1";
    EVIDENCE_INSERT = "INSERT INTO evidence (digest, box_kind, subject, counter, evidence) \
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";

    SCAN_BY_KEY = "SELECT verifier, sequence, meter, piece_count, first, received, key_digest, scan \
        FROM scans WHERE verifier = ?1 AND key_digest = ?2";
    SCAN_FIRST = "SELECT verifier, sequence, meter, piece_count, first, received, key_digest, scan \
        FROM scans WHERE meter = ?1 AND piece_count = ?2 AND first = 1";
    SCAN_HEAD = "SELECT verifier, sequence, meter, piece_count, first, received, key_digest, scan \
        FROM scans WHERE verifier = ?1 ORDER BY sequence DESC LIMIT 1";
    SCAN_INSERT = "INSERT INTO scans \
        (verifier, sequence, meter, piece_count, first, received, key_digest, scan) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

    CREDIT_INSERT = "INSERT INTO item_credits \
        (meter, piece_count, counter, last_day, day, journal, credit) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
    CREDIT = "SELECT credit FROM item_credits WHERE meter = ?1 AND piece_count = ?2";
    CREDITS_LISTED = "SELECT credit FROM item_credits WHERE meter = ?1 AND last_day >= \
        (SELECT day FROM item_credits WHERE meter = ?1 ORDER BY counter DESC LIMIT 1) \
        ORDER BY piece_count LIMIT ?2";
    CREDITS_REST_OF_METER = "SELECT meter, piece_count, journal, credit FROM item_credits \
        WHERE meter = ?1 AND piece_count > ?2 ORDER BY piece_count LIMIT ?3";
    CREDITS_LATER_METERS = "SELECT meter, piece_count, journal, credit FROM item_credits \
        WHERE meter > ?1 ORDER BY meter, piece_count LIMIT ?2";

    VOID_ASKED = "INSERT INTO void_requests \
        (meter, piece_count, account, user, requested, state, changed, reason) \
        VALUES (?1, ?2, ?3, ?4, ?5, 1, ?5, '') ON CONFLICT (meter, piece_count) DO UPDATE \
        SET account = ?3, user = ?4, requested = ?5, state = 1, changed = ?5, reason = '' \
        WHERE state IN (2, 3)";
    VOID_ENDED = "UPDATE void_requests SET state = ?3, changed = ?4, reason = ?5 \
        WHERE meter = ?1 AND piece_count = ?2 AND state = 1";
    VOID_CREDITED = "UPDATE void_requests SET state = 4, changed = ?3, reason = '' \
        WHERE meter = ?1 AND piece_count = ?2 AND state <> 4";
    VOID_REQUEST = "SELECT meter, piece_count, account, user, requested, state, changed, reason \
        FROM void_requests WHERE meter = ?1 AND piece_count = ?2";
    VOIDS_OF_ACCOUNT = "SELECT meter, piece_count, account, user, requested, state, changed, reason \
        FROM void_requests WHERE account = ?4 AND (meter > ?1 OR meter = ?1 AND piece_count > ?2) \
        ORDER BY meter, piece_count LIMIT ?3";
    VOIDS_WAITING = "SELECT meter, piece_count, account, user, requested, state, changed, reason \
        FROM void_requests WHERE state = 1 AND (meter > ?1 OR meter = ?1 AND piece_count > ?2) \
        ORDER BY meter, piece_count LIMIT ?3";

    EPOCH_INSERT = "INSERT INTO epochs (epoch, starts, opening) VALUES (?1, ?2, ?3) \
        ON CONFLICT DO NOTHING";
    EPOCH = "SELECT opening FROM epochs WHERE epoch = ?1";
    EPOCHS = "SELECT epoch, starts, opening FROM epochs ORDER BY epoch";
    USERS_AFTER = "SELECT user, record FROM users WHERE user > ?1 \
        UNION ALL SELECT key, record FROM api_key_records WHERE key > ?1 ORDER BY 1 LIMIT ?2";
    METERS_AFTER = "SELECT serial, record FROM meters WHERE serial > ?1 ORDER BY serial LIMIT ?2";
    CHAINS_AFTER = "SELECT account, record FROM chains WHERE account > ?1 ORDER BY account LIMIT ?2";
    PACK_INSERT = "INSERT INTO packs (sequence, pack) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    PACK = "SELECT pack FROM packs WHERE sequence = ?1";
    PACK_LATEST = "SELECT sequence, pack FROM packs ORDER BY sequence DESC LIMIT 1";

    TOTALS_INSERT = "INSERT INTO daily_totals (sequence, day, sheet) VALUES (?1, ?2, ?3) \
        ON CONFLICT DO NOTHING";
    TOTALS_AFTER = "SELECT sequence, day, sheet FROM daily_totals WHERE sequence > ?1 \
        ORDER BY sequence LIMIT ?2";
    TOTALS_OF_DAY = "SELECT sequence, day, sheet FROM daily_totals WHERE sequence > ?1 \
        AND day = ?3 ORDER BY sequence LIMIT ?2";
    TOTALS_LATEST = "SELECT sequence, day, sheet FROM daily_totals \
        WHERE sequence > 0 ORDER BY sequence DESC LIMIT 1";
    METERS_ALL = "SELECT serial, account, record FROM meters WHERE serial > ?1 \
        ORDER BY serial LIMIT ?2";

    ALERT_INSERT = "INSERT INTO alerts (raised, box_kind, subject, code, detail, evidence) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id";
    ALERTS_AFTER = "SELECT id, raised, box_kind, subject, code, detail, evidence FROM alerts \
        WHERE id > ?1 ORDER BY id LIMIT ?2";

    HEADING = "SELECT number, name, cost_code, archived FROM headings \
        WHERE account = ?1 AND kind = ?2 AND number = ?3";
    HEADING_BY_KEY = "SELECT number, name, cost_code, archived, body_digest FROM headings \
        WHERE account = ?1 AND kind = ?2 AND key_digest = ?3";
    HEADINGS_AFTER = "SELECT number, name, cost_code, archived FROM headings \
        WHERE account = ?1 AND kind = ?2 AND number > ?3 ORDER BY number LIMIT ?4";
    HEADING_COUNT = "SELECT count(*), coalesce(max(number), 0) FROM headings \
        WHERE account = ?1 AND kind = ?2";
    HEADING_INSERT = "INSERT INTO headings \
        (account, kind, number, name, cost_code, archived, key_digest, body_digest) \
        VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7) ON CONFLICT DO NOTHING";
    HEADING_UPDATE = "UPDATE headings SET name = coalesce(?4, name), \
        cost_code = coalesce(?5, cost_code), archived = coalesce(?6, archived), \
        body_digest = zeroblob(32) WHERE account = ?1 AND kind = ?2 AND number = ?3";

    LIMITED = "SELECT 1 FROM spending_limits WHERE account = ?1 LIMIT 1";
    LIMIT = "SELECT day_mills, month_mills FROM spending_limits \
        WHERE account = ?1 AND kind = ?2 AND who = ?3";
    LIMIT_UPDATE = "UPDATE spending_limits SET day_mills = ?4, month_mills = ?5 \
        WHERE account = ?1 AND kind = ?2 AND who = ?3";
    LIMIT_INSERT = "INSERT INTO spending_limits \
        (account, kind, who, day_mills, month_mills, counted_from) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    LIMIT_DELETE = "DELETE FROM spending_limits WHERE account = ?1 AND kind = ?2 AND who = ?3";
    SPENDING_DELETE = "DELETE FROM spending WHERE account = ?1 AND kind = ?2 AND who = ?3";
    HOLDS_DELETE = "DELETE FROM holds WHERE account = ?1 AND kind = ?2 AND who = ?3";
    SPENT_SINCE = "SELECT coalesce(sum(mills), 0) FROM spending \
        WHERE account = ?1 AND kind = ?2 AND who = ?3 AND day >= ?4";
    SPENDING_ADD = "INSERT INTO spending (account, kind, who, day, mills) \
        VALUES (?1, ?2, ?3, ?4, ?5) \
        ON CONFLICT (account, kind, who, day) DO UPDATE SET mills = mills + excluded.mills";
    SPEND = "INSERT INTO spending (account, kind, who, day, mills) \
        SELECT account, kind, who, ?4, ?5 FROM spending_limits \
        WHERE account = ?1 AND kind = ?2 AND who = ?3 \
        ON CONFLICT (account, kind, who, day) DO UPDATE SET mills = mills + excluded.mills";
    HELD = "SELECT coalesce(sum(mills), 0) FROM holds \
        WHERE account = ?1 AND kind = ?2 AND who = ?3";
    HOLD = "SELECT mills FROM holds \
        WHERE account = ?1 AND kind = ?2 AND who = ?3 AND request = ?4";
    HOLD_TAKE = "INSERT INTO holds (account, kind, who, request, mills, takers, meter, held) \
        SELECT account, kind, who, ?4, ?5, 1, ?6, ?7 FROM spending_limits \
        WHERE account = ?1 AND kind = ?2 AND who = ?3 \
        ON CONFLICT (account, kind, who, request) DO UPDATE SET takers = takers + 1, \
        mills = CASE WHEN mills < excluded.mills THEN excluded.mills ELSE mills END, \
        held = excluded.held";
    HOLD_LET_GO = "UPDATE holds SET takers = takers - 1 WHERE account = ?1 AND request = ?2";
    HOLDS_EMPTY = "DELETE FROM holds WHERE account = ?1 AND request = ?2 AND takers <= 0";
    HOLDS_SETTLED = "DELETE FROM holds WHERE account = ?1 AND request = ?2";
    HOLDS_OLD = "SELECT account, request, meter FROM holds WHERE held < ?1 \
        ORDER BY held LIMIT ?2";

    ITEMS_DOWN = "SELECT item FROM items WHERE meter = ?1 AND piece_count > ?2 \
        AND piece_count < ?3 ORDER BY piece_count DESC LIMIT ?4";
    EVIDENCE_OF = "SELECT counter, evidence FROM evidence \
        WHERE box_kind = ?1 AND subject = ?2 AND counter > ?3 ORDER BY counter LIMIT ?4";
}
