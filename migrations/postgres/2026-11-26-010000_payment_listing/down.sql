DROP INDEX receipts_by_payer_receipt;
DROP INDEX payments_of_branch;
DROP INDEX payments_of_merchant;
