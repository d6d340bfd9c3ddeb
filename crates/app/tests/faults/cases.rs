//! One family of faults a file.

mod f01_kill;
mod f02_failpoints;
mod f03_lost_answers;
mod f03_lost_pushes;
mod f04_never_arrived;
mod f05_cut_off_pushes;
mod f06_early_webhooks;
mod f07_duplicates;
mod f08_orders_of_arrival;
mod f11_mismatches;
mod f12_forgeries;
mod f34_wrong_answers;
mod f35_huge_answers;
mod f36_redirects;
mod f37_dripping_answers;
mod f63_two_merchants;
mod f64_paid_twice;
mod f65_paid_late;
mod f66_switched;
mod f68_declined_on_a_page;
mod f70_cancelled_and_paid;
mod f71_every_method;
mod load;
mod nodes;
mod shop;
