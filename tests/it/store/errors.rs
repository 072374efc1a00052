//! Which errors of a database pass, and which come back however often one tries.

use std::{borrow::Cow, error::Error, fmt, sync::Arc};

use agent_orchestrator::store::StoreError;
use sea_orm::{
    ConnAcquireErr, DbErr, RuntimeErr,
    sqlx::{
        self,
        error::{DatabaseError, ErrorKind},
    },
};

/// What a database refuses with.
#[derive(Debug)]
struct Refusal(Option<&'static str>);

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "refused with {:?}", self.0)
    }
}

impl Error for Refusal {}

impl DatabaseError for Refusal {
    fn message(&self) -> &str {
        "refused"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        self.0.map(Cow::Borrowed)
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// The error as it comes from a statement that changes, and from one that reads.
fn both(error: sqlx::Error) -> [StoreError; 2] {
    let error = Arc::new(error);
    [
        DbErr::Exec(RuntimeErr::SqlxError(Arc::clone(&error))).into(),
        DbErr::Query(RuntimeErr::SqlxError(error)).into(),
    ]
}

fn refused(code: Option<&'static str>) -> [StoreError; 2] {
    both(sqlx::Error::Database(Box::new(Refusal(code))))
}

/// Codes of Postgres.
const STATES_THAT_PASS: [&str; 22] = [
    "08000", // connection exception
    "08001", "08003", // does not exist
    "08006", // failure
    "08P01", // protocol violation
    "25006", // read-only transaction: the standby has not taken over
    "40001", // serialization failure
    "40P01", // deadlock
    "53000", "53100", // disk full
    "53200", // out of memory
    "53300", // too many connections
    "53400", "55P03", // lock not available
    "57000", "57014", // cancelled: the statement took too long
    "57P01", // shut down by an administrator
    "57P02", // crash shutdown
    "57P03", // cannot connect now
    "57P05", // idle session
    "58000", "58030", // error of the disk
];

const STATES_THAT_STAY: [&str; 9] = [
    "22P02", // not of that type
    "23502", "23503", "23505", // constraints
    "25001", "28P01", // wrong password
    "42601", // syntax
    "42P01", // no such table
    "XX001", // corrupt
];

/// Codes of SQLite, extended ones too.
const RESULTS_THAT_PASS: [&str; 17] = [
    "5", "261", "517", "773", // busy: recovery, snapshot, time-out
    "6", "262", // locked
    "10", "266", "522", "778", "1034", "3850",
    "8458", // errors of the disk: read, short read, write, fsync, lock
    "13",   // full
    "14", "526", // cannot open
    "15",  // locking protocol
];

const RESULTS_THAT_STAY: [&str; 8] = ["1", "8", "11", "19", "787", "1299", "2067", "26"];

#[test]
fn what_passes_is_told_from_what_stays() {
    for code in STATES_THAT_PASS.iter().chain(&RESULTS_THAT_PASS) {
        for error in refused(Some(code)) {
            assert!(error.is_transient(), "{code}: {error:?}");
        }
    }
    for code in STATES_THAT_STAY.iter().chain(&RESULTS_THAT_STAY) {
        for error in refused(Some(code)) {
            assert!(!error.is_transient(), "{code}: {error:?}");
        }
    }
    for odd in [None, Some(""), Some("5x"), Some("busy"), Some("-5")] {
        for error in refused(odd) {
            assert!(!error.is_transient(), "{odd:?}");
        }
    }
}

#[test]
fn a_connection_that_broke_passes_and_an_answer_that_cannot_be_read_does_not() {
    let broken = || std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let passing = [
        sqlx::Error::Io(broken()),
        sqlx::Error::Protocol("cut".to_owned()),
        sqlx::Error::PoolTimedOut,
        sqlx::Error::WorkerCrashed,
    ];
    for error in passing.into_iter().flat_map(both) {
        assert!(error.is_transient(), "{error:?}");
    }
    let staying = [
        sqlx::Error::ColumnNotFound("id".to_owned()),
        sqlx::Error::Decode("not a number".into()),
        sqlx::Error::RowNotFound,
    ];
    for error in staying.into_iter().flat_map(both) {
        assert!(!error.is_transient(), "{error:?}");
    }
    let acquired = StoreError::from(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout));
    let connected = StoreError::from(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx::Error::Io(
        broken(),
    )))));
    assert!(acquired.is_transient() && connected.is_transient());
    assert!(acquired.is_busy() && !connected.is_busy());
    assert!(both(sqlx::Error::PoolTimedOut).iter().all(StoreError::is_busy));
    assert!(!StoreError::Missing("a row").is_transient());
    assert!(!StoreError::from(DbErr::Custom("odd".to_owned())).is_transient());
}
