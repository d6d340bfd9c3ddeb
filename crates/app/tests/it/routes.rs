//! What holds on every route there is: the document of the API is where they are read from, and every route is in it.

mod answers;
mod contract;
mod document;
mod rights;
mod stock;
mod tenancy;
