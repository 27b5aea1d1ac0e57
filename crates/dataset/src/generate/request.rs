//! The JSON text of a drawn transaction, compact, its keys in the order of the contest's files.

use super::draw::Drawn;
use crate::number::Number;
use std::fmt::{self, Write};

pub(crate) fn request_text(drawn: &Drawn) -> String {
    let mut text = String::with_capacity(512);
    write_request(&mut text, drawn).expect("a String takes every write");
    text
}

fn write_request(text: &mut String, drawn: &Drawn) -> fmt::Result {
    write!(text, r#"{{"id":"tx-{}","#, drawn.id)?;
    write!(
        text,
        r#""transaction":{{"amount":{},"installments":{},"requested_at":"{}"}},"#,
        Number(drawn.amount),
        drawn.installments,
        drawn.requested_at
    )?;
    write!(
        text,
        r#""customer":{{"avg_amount":{},"tx_count_24h":{},"known_merchants":["#,
        Number(drawn.customer_avg),
        drawn.tx_count_24h
    )?;
    for (place, number) in drawn.known_merchants.numbers().iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        write!(text, r#"{comma}"MERC-{number:03}""#)?;
    }
    write!(
        text,
        r#"]}},"merchant":{{"id":"MERC-{:03}","mcc":"{}","avg_amount":{}}},"#,
        drawn.merchant,
        drawn.mcc,
        Number(drawn.merchant_avg)
    )?;
    write!(
        text,
        r#""terminal":{{"is_online":{},"card_present":{},"km_from_home":{}}},"#,
        drawn.is_online,
        drawn.card_present,
        Number(drawn.km_from_home)
    )?;
    match &drawn.last {
        None => text.write_str(r#""last_transaction":null}"#),
        Some((timestamp, km_from_current)) => write!(
            text,
            r#""last_transaction":{{"timestamp":"{}","km_from_current":{}}}}}"#,
            timestamp,
            Number(*km_from_current)
        ),
    }
}
