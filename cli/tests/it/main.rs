//! The command `fraudring` as its users meet it.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod balancer;
mod data_document;
mod doctor;
mod documents;
mod end_to_end;
mod endings;
mod environment;
mod explain;
mod habits;
mod load_test;
mod named_files;
mod offline;
mod own_data;
mod replay;
mod rows;
mod rows_unfinished;
mod running;
mod schema;
mod streams;
mod support;
mod systemd;
mod table;
mod terminal;
mod up_own_data;
