//! One transaction, drawn call for call in the published order.

use super::pcg::Pcg;
use super::profile::{CustomerAverage, Habits, MerchantChoice, Profile};
use super::recipe::Dates;
use schema::{LastTransaction, Timestamp, Transaction};
use std::time::Duration;

/// Transactions that are drawn in one go while the ones before are worked on.
const CHUNK: usize = 1 << 14;
/// Random dates reach back up to ten years of 365 days.
const LONGEST_SECONDS_BACK: u64 = 315_360_000;

/// A drawn transaction: what a vector and a request are made of.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    pub(crate) id: u32,
    pub(crate) amount: f64,
    pub(crate) installments: u32,
    pub(crate) requested_at: Timestamp,
    pub(crate) customer_avg: f64,
    pub(crate) tx_count_24h: u32,
    pub(crate) known_merchants: KnownMerchants,
    pub(crate) merchant: u32,
    pub(crate) mcc: &'static str,
    pub(crate) merchant_avg: f64,
    pub(crate) is_online: bool,
    pub(crate) card_present: bool,
    pub(crate) km_from_home: f64,
    /// When, and how many kilometres from this one.
    pub(crate) last: Option<(Timestamp, f64)>,
}

/// Up to five numbers of merchants; duplicates stay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownMerchants {
    numbers: [u32; 5],
    count: usize,
}

impl KnownMerchants {
    fn draw(pcg: &mut Pcg) -> Self {
        let count = pcg.int((2, 6)) as usize;
        let mut numbers = [0; 5];
        numbers[..count].fill_with(|| pcg.int((1, 20)));
        Self { numbers, count }
    }

    pub(crate) fn numbers(&self) -> &[u32] {
        &self.numbers[..self.count]
    }
}

impl Drawn {
    pub(crate) fn draw(pcg: &mut Pcg, profile: Profile, dates: Dates) -> Self {
        let habits = profile.habits();
        let id = pcg.next();
        let amount = cents(pcg.range(habits.amount));
        let installments = pcg.int(habits.installments);
        let requested_at = draw_requested_at(pcg, habits, dates);
        let customer_avg = cents(match habits.customer_avg {
            CustomerAverage::Between(low, high) => pcg.range((low, high)),
            CustomerAverage::OfAmount { divisor, factor } => pcg.range((amount / divisor, amount * factor)),
        });
        let tx_count_24h = pcg.int(habits.tx_count_24h);
        let known_merchants = KnownMerchants::draw(pcg);
        let merchant = draw_merchant(pcg, habits, &known_merchants);
        let mcc = pcg.choose(habits.mccs);
        let merchant_avg = cents(pcg.range(habits.merchant_avg));
        let is_online = pcg.unit() < habits.online_chance;
        let card_present = !is_online && pcg.unit() < 0.9;
        let km_from_home = pcg.range(habits.km_from_home);
        let last = draw_last(pcg, habits, dates, requested_at);
        Self {
            id,
            amount,
            installments,
            requested_at,
            customer_avg,
            tx_count_24h,
            known_merchants,
            merchant,
            mcc,
            merchant_avg,
            is_online,
            card_present,
            km_from_home,
            last,
        }
    }

    pub(crate) fn transaction(&self) -> Transaction<'static> {
        Transaction {
            amount: self.amount,
            installments: f64::from(self.installments),
            requested_at: self.requested_at,
            customer_avg_amount: self.customer_avg,
            tx_count_24h: f64::from(self.tx_count_24h),
            merchant_is_known: self.known_merchants.numbers().contains(&self.merchant),
            mcc: self.mcc,
            merchant_avg_amount: self.merchant_avg,
            is_online: self.is_online,
            card_present: self.card_present,
            km_from_home: self.km_from_home,
            last: self.last.map(|(timestamp, km_from_current)| LastTransaction { timestamp, km_from_current }),
        }
    }
}

/// Draws `count` items one after the other, as the sequence demands, and hands them over in order and in chunks; the
/// next chunk is drawn while `take` works on the one before. `take` also gets how many are done with its chunk.
pub(crate) fn in_chunks<T: Send + Sync>(
    count: u64,
    mut draw: impl FnMut() -> T + Send,
    mut take: impl FnMut(&[T], u64) + Send,
) {
    let mut left = count;
    let mut fill = |chunk: &mut Vec<T>| {
        chunk.clear();
        let length = left.min(CHUNK as u64);
        chunk.extend((0..length).map(|_| draw()));
        left -= length;
    };
    let (mut current, mut next) = (Vec::new(), Vec::new());
    let mut done = 0;
    fill(&mut current);
    while !current.is_empty() {
        done += current.len() as u64;
        rayon::join(|| fill(&mut next), || take(&current, done));
        std::mem::swap(&mut current, &mut next);
    }
}

fn draw_requested_at(pcg: &mut Pcg, habits: &Habits, dates: Dates) -> Timestamp {
    let march_day = match dates {
        Dates::Classic => Some(pcg.int((10, 28))),
        Dates::Random => None,
    };
    let (hour, minute, second) = (pcg.int(habits.hour), pcg.int((0, 60)), pcg.int((0, 60)));
    let (year, month, day) = match march_day {
        Some(day) => (2026, 3, day),
        None => {
            let year = pcg.int((2026, 2031));
            let month = pcg.int(if year == 2026 { (3, 13) } else { (1, 13) });
            (year, month, pcg.int((1, 29)))
        }
    };
    Timestamp::from_utc([year, month, day], [hour, minute, second])
        .expect("every drawn date exists: days end at 28, years at 2030")
}

fn draw_merchant(pcg: &mut Pcg, habits: &Habits, known: &KnownMerchants) -> u32 {
    let stranger = match habits.merchant {
        MerchantChoice::Known => None,
        MerchantChoice::Stranger(numbers) => Some(numbers),
        MerchantChoice::KnownOrStranger(numbers) => (pcg.unit() >= 0.5).then_some(numbers),
    };
    match stranger {
        None => pcg.choose(known.numbers()),
        Some(numbers) => pcg.int(numbers),
    }
}

fn draw_last(pcg: &mut Pcg, habits: &Habits, dates: Dates, requested_at: Timestamp) -> Option<(Timestamp, f64)> {
    if pcg.unit() < 0.2 {
        return None;
    }
    let seconds_back = match dates {
        Dates::Classic => 60 * u64::from(pcg.int(habits.minutes_back)),
        Dates::Random => 60 + pcg.next_u64() % LONGEST_SECONDS_BACK,
    };
    let timestamp = requested_at - Duration::from_secs(seconds_back);
    Some((timestamp, pcg.range(habits.last_km)))
}

/// Two decimals, half away from zero.
fn cents(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
