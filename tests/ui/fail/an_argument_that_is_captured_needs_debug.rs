use spandrel::instrument;

struct Card;

#[instrument(fields(last = card.clone_of()))]
fn charge(card: Card) {
    let _ = card;
}

#[instrument(skip_all, fields(card = card))]
fn refund(card: Card) {
    let _ = card;
}

impl Card {
    fn clone_of(&self) -> u8 {
        1
    }
}

fn main() {
    charge(Card);
    refund(Card);
}
