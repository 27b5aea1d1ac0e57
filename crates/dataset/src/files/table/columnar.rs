//! Record batches of Arrow, which Parquet is read into too: columns with types, some thousand rows at a time.

use super::cell::Cell;
use super::error::TableError;
use super::rows::Rows;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal128Type, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, OffsetSizeTrait, RecordBatch};
use arrow_schema::{DataType, Schema, TimeUnit};
use schema::Timestamp;
use std::borrow::Cow;

const SECONDS_PER_DAY: i64 = 86_400;

/// The names of the columns.
pub(super) fn names(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

/// The places of the columns whose type is one of numbers.
pub(super) fn number_columns(schema: &Schema) -> Vec<usize> {
    let fields = schema.fields().iter().enumerate();
    fields.filter(|(_, field)| field.data_type().is_numeric()).map(|(place, _)| place).collect()
}

/// Hands on the rows of a batch; `places` are those of the wanted columns in it.
pub(super) fn give(batch: &RecordBatch, places: &[Option<usize>], rows: &mut Rows<'_>) -> Result<(), TableError> {
    let columns: Vec<Option<CellOf<'_>>> =
        places.iter().map(|place| place.map(|place| cells(batch.column(place)))).collect();
    for row in 0..batch.num_rows() {
        if rows.is_full() {
            break;
        }
        let row_cells = columns.iter().map(|column| column.as_ref().map_or(Cell::Absent, |cell| cell(row)));
        rows.give(None, &mut row_cells.collect::<Vec<_>>())?;
    }
    Ok(())
}

/// The cell of a row.
type CellOf<'a> = Box<dyn Fn(usize) -> Cell<'a> + 'a>;

/// The cells of a column.
fn cells<'a>(array: &'a dyn Array) -> CellOf<'a> {
    let values = values(array);
    Box::new(move |row| if array.is_null(row) { Cell::Null } else { values(row) })
}

/// The cells of a column where it is not null.
fn values<'a>(array: &'a dyn Array) -> CellOf<'a> {
    match array.data_type() {
        DataType::Float64 => of::<Float64Type>(array, Cell::Number),
        DataType::Float32 => of::<Float32Type>(array, |value| Cell::Number(value.into())),
        DataType::Float16 => of::<Float16Type>(array, |value| Cell::Number(value.to_f64())),
        DataType::Int8 => of::<Int8Type>(array, |value| Cell::Whole(value.into())),
        DataType::Int16 => of::<Int16Type>(array, |value| Cell::Whole(value.into())),
        DataType::Int32 => of::<Int32Type>(array, |value| Cell::Whole(value.into())),
        DataType::Int64 => of::<Int64Type>(array, |value| Cell::Whole(value.into())),
        DataType::UInt8 => of::<UInt8Type>(array, |value| Cell::Whole(value.into())),
        DataType::UInt16 => of::<UInt16Type>(array, |value| Cell::Whole(value.into())),
        DataType::UInt32 => of::<UInt32Type>(array, |value| Cell::Whole(value.into())),
        DataType::UInt64 => of::<UInt64Type>(array, |value| Cell::Whole(value.into())),
        DataType::Decimal128(..) => {
            let decimals = array.as_primitive::<Decimal128Type>();
            // by its text, so that it is rounded once
            Box::new(|row| decimals.value_as_string(row).parse().map_or(UNREAD, Cell::Number))
        }
        DataType::Boolean => {
            let flags = array.as_boolean();
            Box::new(|row| Cell::Flag(flags.value(row)))
        }
        DataType::Utf8 => texts::<i32>(array),
        DataType::LargeUtf8 => texts::<i64>(array),
        DataType::Utf8View => {
            let texts = array.as_string_view();
            Box::new(|row| Cell::Text(Cow::Borrowed(texts.value(row))))
        }
        DataType::Date32 => of::<Date32Type>(array, |days| time(i64::from(days) * SECONDS_PER_DAY, 0)),
        DataType::Date64 => of::<Date64Type>(array, |value| time_in(value, TimeUnit::Millisecond)),
        DataType::Timestamp(TimeUnit::Second, _) => of::<TimestampSecondType>(array, |value| time(value, 0)),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            of::<TimestampMillisecondType>(array, |value| time_in(value, TimeUnit::Millisecond))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            of::<TimestampMicrosecondType>(array, |value| time_in(value, TimeUnit::Microsecond))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            of::<TimestampNanosecondType>(array, |value| time_in(value, TimeUnit::Nanosecond))
        }
        DataType::Dictionary(..) => dictionary(array),
        DataType::List(_) => lists::<i32>(array),
        DataType::LargeList(_) => lists::<i64>(array),
        DataType::Struct(_) => Box::new(|_| Cell::Other("a struct")),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            Box::new(|_| Cell::Other("bytes"))
        }
        _ => Box::new(|_| UNREAD),
    }
}

const UNREAD: Cell<'static> = Cell::Other("a value of a type that is not read");

fn of<'a, T: ArrowPrimitiveType>(array: &'a dyn Array, cell: impl Fn(T::Native) -> Cell<'a> + 'a) -> CellOf<'a> {
    let values = array.as_primitive::<T>();
    Box::new(move |row| cell(values.value(row)))
}

fn texts<'a, O: OffsetSizeTrait>(array: &'a dyn Array) -> CellOf<'a> {
    let texts = array.as_string::<O>();
    Box::new(move |row| Cell::Text(Cow::Borrowed(texts.value(row))))
}

/// Values by their places in a list of different ones.
fn dictionary<'a>(array: &'a dyn Array) -> CellOf<'a> {
    let dictionary = array.as_any_dictionary();
    if dictionary.values().is_empty() {
        return Box::new(|_| Cell::Null);
    }
    let (keys, values) = (dictionary.normalized_keys(), cells(dictionary.values()));
    Box::new(move |row| values(keys[row]))
}

/// Lists of texts.
fn lists<'a, O: OffsetSizeTrait>(array: &'a dyn Array) -> CellOf<'a> {
    let lists = array.as_list::<O>();
    Box::new(move |row| {
        let list = lists.value(row);
        let elements = cells(&list);
        let text = |element: usize| match elements(element) {
            Cell::Text(text) => Some(Cow::Owned(text.into_owned())),
            _ => None,
        };
        let texts: Option<Vec<_>> = (0..list.len()).map(text).collect();
        texts.map_or(Cell::Other("an array of other values than texts"), Cell::Texts)
    })
}

fn time_in<'a>(value: i64, unit: TimeUnit) -> Cell<'a> {
    let per_second = match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    };
    time(value.div_euclid(per_second), value.rem_euclid(per_second) * (1_000_000_000 / per_second))
}

/// A moment as RFC 3339 has it; one without a time zone is taken to be in UTC.
fn time<'a>(second: i64, nanosecond: i64) -> Cell<'a> {
    Cell::Text(Timestamp::new(second, nanosecond as u32).to_string().into())
}
