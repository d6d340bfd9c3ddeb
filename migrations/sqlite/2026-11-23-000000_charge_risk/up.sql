-- What an unanswered opening means is fixed with the intent: recovery must know a card's token was charged.
ALTER TABLE charges ADD COLUMN risk TEXT NOT NULL DEFAULT 'displayed' CHECK (risk IN ('displayed', 'pushed'));
