impl Orders {
    const N: u8 = 1;
    #[traced(skip)]
    #[::spandrel::traced(__block, kind = server)]
    fn table(&self) {}
    #[::spandrel::traced(__block, kind = server)]
    pub async fn place(&self) {}
    const fn n() {}
}
