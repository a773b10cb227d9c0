use spandrel::traced;

struct Model;

#[traced(genai(provider = openai, operation = chat, model = model))]
fn answer(model: Model) {
    let _ = model;
}

fn main() {
    answer(Model);
}
