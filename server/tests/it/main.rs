//! What a running server does: its answers, its limits, its faults, its end.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod admin;
mod bad_input;
mod balancer;
mod balancer_faults;
mod clients;
mod corpus;
mod decision_log;
mod drivers;
mod handed;
mod index_faults;
mod lifecycle;
mod metrics;
mod monitoring;
mod no_allocation;
mod page;
mod port;
mod pressure;
mod prometheus;
mod reload;
mod rows;
mod runtime_defects;
mod slowloris;
mod soak;
mod support;
mod terminal;
mod tls;
