use spandrel::{counted, scripted, testing, traced};

struct Client<T>(T);

#[scripted]
#[traced(skip_all)]
impl Client<u32> {
    fn id(&self) -> u32 {
        self.0
    }

    fn borrowed(&self) -> &u32 {
        &self.0
    }

    #[scripted(skip)]
    fn same<T>(&self, value: T) -> T {
        value
    }

    async fn later(&mut self) -> Result<u32, String> {
        if self.0 == 0 {
            return Err("none".to_owned());
        }
        Ok(self.0)
    }
}

#[counted]
#[scripted]
fn unit() {}

#[scripted]
fn any<T: Clone + 'static>(value: &T) -> T {
    value.clone()
}

fn main() {
    testing::run(|t| {
        let mut client = Client(1);
        t.script(Client::id, [2]);
        t.script(Client::borrowed, [&4]);
        t.script(any::<u8>, [3]);
        t.script(unit, [()]);
        drop(client.later());
        assert_eq!((client.id(), client.borrowed(), client.same(5)), (2, &4, 5));
        assert_eq!((any(&1_u8), any(&1_u16)), (3, 1));
        unit();
    });
}
