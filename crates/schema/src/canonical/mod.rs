//! The form in which programs write a payload: compact, keys in the contract's order, plain text and numbers.
//!
//! Such a body is read from front to back in one pass, several times faster than any JSON. A body in another form is
//! no fault, and neither is one at fault told: either is the general reader's. So this one gives `None` unless it is
//! certain of the general reader's answer.
mod cursor;
#[cfg(test)]
mod tests;

use std::str;

use crate::payload::{LastTransaction, Transaction};
pub(crate) use cursor::Cursor;

/// Reads a body in canonical form; `None` says nothing but that the general reader must look at it.
pub(crate) fn read(body: &[u8]) -> Option<Transaction<'_>> {
    // The general reader refuses longer ones.
    u32::try_from(body.len()).ok()?;
    let mut cursor = Cursor::new(body)?;

    cursor.expect(br#"{"id":""#)?;
    cursor.text()?;
    cursor.expect(br#","transaction":{"amount":"#)?;
    let amount = cursor.number()?;
    cursor.expect(br#","installments":"#)?;
    let installments = cursor.number()?;
    cursor.expect(br#","requested_at":""#)?;
    let requested_at = cursor.instant()?;

    cursor.expect(br#"},"customer":{"avg_amount":"#)?;
    let customer_avg_amount = cursor.number()?;
    cursor.expect(br#","tx_count_24h":"#)?;
    let tx_count_24h = cursor.number()?;
    cursor.expect(br#","known_merchants":["#)?;
    let mut known_merchants = cursor;
    cursor.texts(|_| {})?;

    cursor.expect(br#"},"merchant":{"id":""#)?;
    let merchant_id = cursor.text()?;
    let mut merchant_is_known = false;
    known_merchants.texts(|known| merchant_is_known |= known == merchant_id)?;
    cursor.expect(br#","mcc":""#)?;
    let mcc = str::from_utf8(cursor.text()?).ok()?;
    cursor.expect(br#","avg_amount":"#)?;
    let merchant_avg_amount = cursor.number()?;

    cursor.expect(br#"},"terminal":{"is_online":"#)?;
    let is_online = cursor.boolean()?;
    cursor.expect(br#","card_present":"#)?;
    let card_present = cursor.boolean()?;
    cursor.expect(br#","km_from_home":"#)?;
    let km_from_home = cursor.number()?;

    cursor.expect(br#"},"last_transaction":"#)?;
    let last = last_transaction(&mut cursor)?;
    cursor.expect(b"}")?;
    cursor.is_at_end().then_some(Transaction {
        amount,
        installments,
        requested_at,
        customer_avg_amount,
        tx_count_24h,
        merchant_is_known,
        mcc,
        merchant_avg_amount,
        is_online,
        card_present,
        km_from_home,
        last,
    })
}

/// The outer `None` as in [`read`].
#[inline(always)]
fn last_transaction(cursor: &mut Cursor<'_>) -> Option<Option<LastTransaction>> {
    if cursor.take(b"null") {
        return Some(None);
    }
    cursor.expect(br#"{"timestamp":""#)?;
    let timestamp = cursor.instant()?;
    cursor.expect(br#","km_from_current":"#)?;
    let km_from_current = cursor.number()?;
    cursor.expect(b"}")?;
    Some(Some(LastTransaction { timestamp, km_from_current }))
}
