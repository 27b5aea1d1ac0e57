//! From the tape of a JSON document to the fields of a transaction.
use simd_json::{Node, StaticNode};

use crate::error::{Expected, PayloadError};
use crate::field::{Field, Seen};
use crate::json::Reading;
use crate::repeats::{WIDTH_OF_TWO_PAIRS, Width};
use crate::timestamp::{self, Timestamp};

/// A parsed payload; every number is finite, text borrows from the body or the parser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transaction<'a> {
    /// Amount of this transaction.
    pub amount: f64,
    /// Number of installments.
    pub installments: f64,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// The customer's average amount.
    pub customer_avg_amount: f64,
    /// The customer's transactions within 24 hours.
    pub tx_count_24h: f64,
    /// Whether the merchant's id is among the customer's known merchants.
    pub merchant_is_known: bool,
    /// The merchant's category code.
    pub mcc: &'a str,
    /// The merchant's average amount.
    pub merchant_avg_amount: f64,
    /// Whether the transaction is made online.
    pub is_online: bool,
    /// Whether the card is present.
    pub card_present: bool,
    /// Kilometres from the customer's home.
    pub km_from_home: f64,
    /// The transaction before this one, if there is one.
    pub last: Option<LastTransaction>,
}

/// The transaction before the one that is scored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LastTransaction {
    /// When it was made.
    pub timestamp: Timestamp,
    /// Kilometres from it to the one that is scored.
    pub km_from_current: f64,
}

/// What a document says.
pub(crate) struct Document<'a> {
    pub(crate) id: &'a str,
    pub(crate) transaction: Transaction<'a>,
}

/// Reads the document whose tape is `nodes`.
pub(crate) fn read<'a>(nodes: &[Node<'a>]) -> Result<Reading<Document<'a>>, PayloadError> {
    let Some(&Node::Object { len, .. }) = nodes.first() else {
        return Err(PayloadError::NotAnObject);
    };
    let mut reader = Reader::new(nodes);
    reader.object(None, 0, len)?;
    let may_repeat_keys = reader.may_repeat_keys;
    let id = reader.id;
    Ok(Reading { value: Document { id, transaction: reader.finish()? }, may_repeat_keys })
}

/// Walks the tape; its transaction is complete when every field has been seen.
struct Reader<'n, 'a> {
    nodes: &'n [Node<'a>],
    seen: Seen,
    has_unknown_key: bool,
    may_repeat_keys: bool,
    transaction: Transaction<'a>,
    id: &'a str,
    merchant_id: &'a str,
    known_merchants: &'n [Node<'a>],
}

impl<'n, 'a> Reader<'n, 'a> {
    fn new(nodes: &'n [Node<'a>]) -> Self {
        let transaction = Transaction {
            amount: 0.0,
            installments: 0.0,
            requested_at: Timestamp::UNIX_EPOCH,
            customer_avg_amount: 0.0,
            tx_count_24h: 0.0,
            merchant_is_known: false,
            mcc: "",
            merchant_avg_amount: 0.0,
            is_online: false,
            card_present: false,
            km_from_home: 0.0,
            last: None,
        };
        Self {
            nodes,
            seen: Seen::default(),
            has_unknown_key: false,
            may_repeat_keys: false,
            transaction,
            id: "",
            merchant_id: "",
            known_merchants: &[],
        }
    }

    /// Reads the known fields of the object at `at`, which is the document itself or the value of `parent`.
    fn object(&mut self, parent: Option<Field>, at: usize, len: usize) -> Result<(), PayloadError> {
        let mut key = at + 1;
        for _ in 0..len {
            let value = key + 1;
            let field = match self.nodes[key] {
                Node::String(name) => parent.map_or_else(|| Field::in_document(name), |parent| parent.child(name)),
                _ => None,
            };
            match field {
                Some(field) if !self.seen.insert(field) => return Err(PayloadError::Duplicate(field)),
                Some(field) => self.value(field, value)?,
                None => self.unknown_key(value),
            }
            key = value + self.nodes[value].width();
        }
        Ok(())
    }

    /// Remembers a key whose value is at `value`. It is repeated only by another one, or within its value.
    #[cold]
    fn unknown_key(&mut self, value: usize) {
        self.may_repeat_keys |= self.has_unknown_key || self.nodes[value].width() >= WIDTH_OF_TWO_PAIRS;
        self.has_unknown_key = true;
    }

    fn value(&mut self, field: Field, at: usize) -> Result<(), PayloadError> {
        let node = &self.nodes[at];
        let transaction = &mut self.transaction;
        match field {
            Field::Id => self.id = text(node, field)?,
            Field::Transaction | Field::Customer | Field::Merchant | Field::Terminal => match *node {
                Node::Object { len, .. } => self.object(Some(field), at, len)?,
                _ => return Err(PayloadError::WrongType { field, expected: Expected::Object }),
            },
            Field::Amount => transaction.amount = number(node, field)?,
            Field::Installments => transaction.installments = number(node, field)?,
            Field::RequestedAt => transaction.requested_at = instant(node, field)?,
            Field::CustomerAvgAmount => transaction.customer_avg_amount = number(node, field)?,
            Field::TxCount24h => transaction.tx_count_24h = number(node, field)?,
            Field::KnownMerchants => self.known_merchants = texts(&self.nodes[at..], field)?,
            Field::MerchantId => self.merchant_id = text(node, field)?,
            Field::Mcc => transaction.mcc = text(node, field)?,
            Field::MerchantAvgAmount => transaction.merchant_avg_amount = number(node, field)?,
            Field::IsOnline => transaction.is_online = boolean(node, field)?,
            Field::CardPresent => transaction.card_present = boolean(node, field)?,
            Field::KmFromHome => transaction.km_from_home = number(node, field)?,
            Field::LastTransaction => match *node {
                Node::Static(StaticNode::Null) => {
                    self.seen.insert(Field::LastTimestamp);
                    self.seen.insert(Field::KmFromCurrent);
                }
                Node::Object { len, .. } => {
                    transaction.last = Some(LastTransaction { timestamp: Timestamp::UNIX_EPOCH, km_from_current: 0.0 });
                    self.object(Some(field), at, len)?;
                }
                _ => return Err(PayloadError::WrongType { field, expected: Expected::ObjectOrNull }),
            },
            Field::LastTimestamp => {
                let timestamp = instant(node, field)?;
                transaction.last = transaction.last.map(|last| LastTransaction { timestamp, ..last });
            }
            Field::KmFromCurrent => {
                let km_from_current = number(node, field)?;
                transaction.last = transaction.last.map(|last| LastTransaction { km_from_current, ..last });
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Transaction<'a>, PayloadError> {
        self.seen.require_all().map_err(PayloadError::Missing)?;
        // Only now: the merchant may stand before the customer who knows it.
        let is_this = |known: &Node<'_>| matches!(known, Node::String(id) if *id == self.merchant_id);
        self.transaction.merchant_is_known = self.known_merchants.iter().any(is_this);
        Ok(self.transaction)
    }
}

fn number(node: &Node<'_>, field: Field) -> Result<f64, PayloadError> {
    match node {
        Node::Static(StaticNode::F64(number)) => Ok(*number),
        Node::Static(StaticNode::U64(number)) => Ok(*number as f64),
        Node::Static(StaticNode::I64(number)) => Ok(*number as f64),
        _ => Err(PayloadError::WrongType { field, expected: Expected::Number }),
    }
}

fn boolean(node: &Node<'_>, field: Field) -> Result<bool, PayloadError> {
    match node {
        Node::Static(StaticNode::Bool(boolean)) => Ok(*boolean),
        _ => Err(PayloadError::WrongType { field, expected: Expected::Boolean }),
    }
}

fn text<'a>(node: &Node<'a>, field: Field) -> Result<&'a str, PayloadError> {
    match node {
        Node::String(text) => Ok(text),
        _ => Err(PayloadError::WrongType { field, expected: Expected::Text }),
    }
}

fn instant(node: &Node<'_>, field: Field) -> Result<Timestamp, PayloadError> {
    timestamp::parse(text(node, field)?).ok_or(PayloadError::NotATimestamp(field))
}

/// The strings of the array that `nodes` begin with.
fn texts<'n, 'a>(nodes: &'n [Node<'a>], field: Field) -> Result<&'n [Node<'a>], PayloadError> {
    let Some(&Node::Array { len, .. }) = nodes.first() else {
        return Err(PayloadError::WrongType { field, expected: Expected::Array });
    };
    // Strings take one node each, so the first other element stands where it is counted.
    let elements = &nodes[1..=len];
    match elements.iter().position(|element| !matches!(element, Node::String(_))) {
        Some(index) => Err(PayloadError::NotAString { field, index }),
        None => Ok(elements),
    }
}
