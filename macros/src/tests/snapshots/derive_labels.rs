#[automatically_derived]
impl<
    's,
    V: Copy + ::spandrel::__private::labels::LabelValue,
> ::spandrel::__private::labels::Labels for Sale<'s, V>
where
    V: LabelValue,
{
    #[inline]
    fn visit(&self, visitor: &mut impl ::spandrel::__private::labels::LabelVisitor) {
        let _ = &visitor;
        ::spandrel::__private::labels::LabelVisitor::label(
            visitor,
            "region",
            &self.region,
        );
        ::spandrel::__private::labels::LabelVisitor::label(
            visitor,
            "http.route",
            &self.route,
        );
        ::spandrel::__private::labels::LabelVisitor::label(
            visitor,
            "type",
            &self.r#type,
        );
    }
}
