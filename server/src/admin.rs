//! What the admin listener of a server answers: what goes on inside (`status`, `exposition`), why a transaction is decided
//! as it is, and a page for people. It runs on a thread of its own (crate `admin`) and only reads what others count.

mod exposition;
mod page;
mod process;
mod routes;
mod schema_status;
mod service;
mod sources;
mod status;

pub use page::{admin_fields, admin_page_of_all};
pub use service::AdminService;
pub use sources::{Facts, Sources};
