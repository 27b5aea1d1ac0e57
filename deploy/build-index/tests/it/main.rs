//! The program that makes the index of the image.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod build;
