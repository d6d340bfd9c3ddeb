DROP INDEX outbox_of_merchant;
