//! Many rows handed to one statement as a relation. On Postgres one array per column, so the statement's text, and with
//! it its plan, is the same however many rows there are; on SQLite a list of values.

use sea_orm::{ConnectionTrait, DbBackend, Statement, Value, sea_query::ArrayType};

use super::{StoreError, connect::is_postgres};

/// The type of a column of [`Rows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Uuid,
    Text,
    BigInt,
    /// The three that may be null.
    UuidOrNull,
    TextOrNull,
    BigIntOrNull,
}

/// Stands for null in arrays, which cannot hold it. No id and no number has these values; a text that is just this
/// control character is kept as null.
const NO_UUID: &str = "00000000-0000-0000-0000-000000000000";
const NO_TEXT: &str = "\u{1}";
const NO_BIG_INT: i64 = i64::MIN;

/// Values one statement may have on SQLite: its default bound (`SQLITE_MAX_VARIABLE_NUMBER`) is 32,766.
const SQLITE_VALUES: usize = 32_000;

impl Kind {
    fn sql_type(self) -> &'static str {
        match self {
            Self::Uuid | Self::UuidOrNull => "uuid",
            Self::Text | Self::TextOrNull => "text",
            Self::BigInt | Self::BigIntOrNull => "bigint",
        }
    }

    fn array_type(self) -> ArrayType {
        match self {
            Self::Uuid | Self::UuidOrNull => ArrayType::Uuid,
            Self::Text | Self::TextOrNull => ArrayType::String,
            Self::BigInt | Self::BigIntOrNull => ArrayType::BigInt,
        }
    }

    /// The column as the statement reads it from its array.
    fn read(self, name: &str) -> String {
        match self {
            Self::Uuid | Self::Text | Self::BigInt => name.to_owned(),
            Self::UuidOrNull => format!("NULLIF({name}, '{NO_UUID}'::uuid) AS {name}"),
            Self::TextOrNull => format!("NULLIF({name}, '{NO_TEXT}') AS {name}"),
            Self::BigIntOrNull => format!("NULLIF({name}, {NO_BIG_INT}) AS {name}"),
        }
    }

    fn in_array(self, value: Value) -> Value {
        match value {
            Value::Uuid(None) => Value::Uuid(Some(uuid::Uuid::nil())),
            Value::String(None) => Value::String(Some(NO_TEXT.to_owned())),
            Value::BigInt(None) => Value::BigInt(Some(NO_BIG_INT)),
            Value::Int(value) => Value::BigInt(value.map(i64::from).or(Some(NO_BIG_INT))),
            value => value,
        }
    }
}

/// Rows of `N` columns.
#[derive(Clone, Debug)]
pub(super) struct Rows<const N: usize> {
    columns: [(&'static str, Kind); N],
    rows: Vec<[Value; N]>,
}

impl<const N: usize> Rows<N> {
    pub(super) fn new(columns: [(&'static str, Kind); N]) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    pub(super) fn with(mut self, rows: impl IntoIterator<Item = [Value; N]>) -> Self {
        self.rows.extend(rows);
        self
    }

    pub(super) fn push(&mut self, row: [Value; N]) {
        self.rows.push(row);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The same rows in as many parts as it takes to have no more than `values` values in each.
    fn at_most(self, values: usize) -> impl Iterator<Item = Self> {
        let Self { columns, rows } = self;
        let mut rows = rows.into_iter().peekable();
        std::iter::from_fn(move || {
            rows.peek()?;
            let rows = rows.by_ref().take((values / N).max(1)).collect();
            Some(Self { columns, rows })
        })
    }

    /// The names of the columns, as a list.
    fn names(&self) -> String {
        self.columns.map(|(name, _)| name).join(", ")
    }

    /// `INSERT` of all rows from the relation `name`: columns of the same names in `table`.
    fn insert_from(&self, name: &str, table: &str) -> String {
        let names = self.names();
        format!("INSERT INTO {table} ({names}) SELECT {names} FROM {name}")
    }

    /// A statement that reads the rows as the relation `r` and has the values `more` of its own, whose places `sql`
    /// asks for.
    pub(super) fn statement(
        self,
        backend: DbBackend,
        more: impl IntoIterator<Item = Value>,
        sql: impl FnOnce(&Places) -> String,
    ) -> Statement {
        let mut values = Vec::new();
        let source = self.relation("r", backend, &mut values);
        let sql = sql(&Places(values.len()));
        // A statement that begins with relations of its own takes this one in as the first.
        let sql = match sql.strip_prefix("WITH RECURSIVE ") {
            Some(rest) => format!("WITH RECURSIVE {source}, {rest}"),
            None => match sql.strip_prefix("WITH ") {
                Some(rest) => format!("WITH {source}, {rest}"),
                None => format!("WITH {source} {sql}"),
            },
        };
        values.extend(more);
        Statement::from_sql_and_values(backend, sql, values)
    }

    /// The rows as a relation of a `WITH`; their values are added to `values`.
    fn relation(self, name: &str, backend: DbBackend, values: &mut Vec<Value>) -> String {
        if is_postgres(backend) {
            self.arrays(name, values)
        } else {
            self.list(name, values)
        }
    }

    fn arrays(self, name: &str, values: &mut Vec<Value>) -> String {
        let names = self.names();
        let places: Vec<String> = (values.len() + 1..)
            .zip(&self.columns)
            .map(|(at, (_, kind))| format!("${at}::{}[]", kind.sql_type()))
            .collect();
        let read: Vec<String> = self.columns.iter().map(|(name, kind)| kind.read(name)).collect();
        let mut arrays: [Vec<Value>; N] = std::array::from_fn(|_| Vec::with_capacity(self.rows.len()));
        for row in self.rows {
            for (at, value) in row.into_iter().enumerate() {
                arrays[at].push(self.columns[at].1.in_array(value));
            }
        }
        values.extend(
            arrays
                .into_iter()
                .zip(&self.columns)
                .map(|(array, (_, kind))| Value::Array(kind.array_type(), Some(Box::new(array)))),
        );
        format!(
            "{name} AS (SELECT {} FROM unnest({}) AS rows ({names}))",
            read.join(", "),
            places.join(", ")
        )
    }

    fn list(self, name: &str, values: &mut Vec<Value>) -> String {
        let names = self.names();
        let rows: Vec<String> = (0..self.rows.len())
            .map(|row| {
                let before = values.len() + row * N;
                let places: Vec<String> = (1..=N).map(|at| format!("${}", before + at)).collect();
                format!("({})", places.join(", "))
            })
            .collect();
        values.extend(self.rows.into_iter().flatten());
        format!("{name} ({names}) AS (VALUES {})", rows.join(", "))
    }
}

/// Where the values of a statement's own stand, after those of its rows.
pub(super) struct Places(usize);

impl Places {
    /// The place of the `n`th of them, from 1.
    pub(super) fn at(&self, n: usize) -> String {
        format!("${}", self.0 + n)
    }
}

/// Writes that do not read what the others write: on Postgres one statement, on SQLite one after another.
pub(super) struct Writes {
    backend: DbBackend,
    relations: Vec<String>,
    writes: Vec<String>,
    values: Vec<Value>,
    /// What SQLite runs.
    statements: Vec<Statement>,
}

impl Writes {
    pub(super) fn new(backend: DbBackend) -> Self {
        Self {
            backend,
            relations: Vec::new(),
            writes: Vec::new(),
            values: Vec::new(),
            statements: Vec::new(),
        }
    }

    /// Adds the `INSERT` of rows into a table whose columns have the same names.
    pub(super) fn insert<const N: usize>(&mut self, rows: Rows<N>, table: &str) {
        let insert = |name: &str, rows: &Rows<N>| rows.insert_from(name, table);
        self.add(rows, insert);
    }

    /// Adds a write that reads its rows from the relation whose name `sql` is given. No rows, no write.
    pub(super) fn write<const N: usize>(&mut self, rows: Rows<N>, sql: impl FnOnce(&str) -> String) {
        self.add(rows, |name, _| sql(name));
    }

    fn add<const N: usize>(&mut self, rows: Rows<N>, sql: impl FnOnce(&str, &Rows<N>) -> String) {
        if rows.is_empty() {
            return;
        }
        if !is_postgres(self.backend) {
            let sql = sql("r", &rows);
            for rows in rows.at_most(SQLITE_VALUES) {
                self.statements
                    .push(rows.statement(self.backend, [], |_| sql.clone()));
            }
            return;
        }
        let name = format!("r{}", self.relations.len());
        self.writes
            .push(format!("w{} AS ({})", self.relations.len(), sql(&name, &rows)));
        self.relations
            .push(rows.relation(&name, self.backend, &mut self.values));
    }

    /// Runs everything that was added.
    pub(super) async fn run(self, tx: &impl ConnectionTrait) -> Result<(), StoreError> {
        for statement in self.statements {
            tx.execute_raw(statement).await?;
        }
        if !self.writes.is_empty() {
            let sql = format!(
                "WITH {}, {} SELECT 1",
                self.relations.join(", "),
                self.writes.join(", ")
            );
            let all = Statement::from_sql_and_values(self.backend, sql, self.values);
            tx.execute_raw(all).await?;
        }
        Ok(())
    }
}
