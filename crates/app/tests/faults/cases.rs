//! One family of faults a file.

mod f01_kill;
mod f02_failpoints;
mod f03_lost_answers;
mod f04_never_arrived;
mod f06_early_webhooks;
mod f07_duplicates;
mod f08_orders_of_arrival;
mod f11_mismatches;
mod f12_forgeries;
mod f63_two_merchants;
mod f64_paid_twice;
mod f65_paid_late;
mod f66_switched;
mod load;
mod nodes;
mod shop;
