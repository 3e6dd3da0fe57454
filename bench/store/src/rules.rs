//! Checks that the endpoint counts capacity as DynamoDB does, before anything is measured.

use std::error::Error;

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, Put, TransactWriteItem},
};

use crate::{
    endpoint::{Key, create_table},
    meter::Meter,
};

const TABLE: &str = "rules";

/// Checks the rules that matter here; returns how many were checked.
pub async fn check(client: &Client, meter: &Meter) -> Result<usize, Box<dyn Error>> {
    create_table(client, TABLE, &[Key::Text("key")]).await?;
    meter.take();
    let mut checked = 0;
    for (size, plain, transactional, strong) in
        [(100, 1.0, 2.0, 1.0), (1024, 1.0, 2.0, 1.0), (1025, 2.0, 4.0, 1.0), (5000, 5.0, 10.0, 2.0)]
    {
        let key = format!("k{size}");
        let filling = "x".repeat(size - "key".len() - key.len() - "filling".len());
        let put = || {
            let put = client.put_item().table_name(TABLE).item("key", AttributeValue::S(key.clone()));
            put.item("filling", AttributeValue::S(filling.clone()))
        };
        put().send().await?;
        let spent = meter.take();
        expect(
            &format!("the size of an item of {size} bytes"),
            spent.items.iter().map(|item| item.bytes as f64).sum(),
            size as f64,
        )?;
        expect(&format!("a put of {size} bytes"), spent.writes, plain)?;
        let action = Put::builder().table_name(TABLE).set_item(put().get_item().clone()).build()?;
        client.transact_write_items().transact_items(TransactWriteItem::builder().put(action).build()).send().await?;
        expect(&format!("a put of {size} bytes in a transaction"), meter.take().writes, transactional)?;
        for (consistent, units) in [(true, strong), (false, strong / 2.0)] {
            let query =
                client.query().table_name(TABLE).consistent_read(consistent).key_condition_expression("#k = :k");
            let query = query.expression_attribute_names("#k", "key");
            query.expression_attribute_values(":k", AttributeValue::S(key.clone())).send().await?;
            expect(&format!("a query of {size} bytes, consistent: {consistent}"), meter.take().reads, units)?;
        }
        checked += 5;
    }
    for (consistent, units) in [(true, 1.0), (false, 0.5)] {
        let get = client.get_item().table_name(TABLE).consistent_read(consistent);
        get.key("key", AttributeValue::S("nothing".to_owned())).send().await?;
        expect(&format!("a get of nothing, consistent: {consistent}"), meter.take().reads, units)?;
        checked += 1;
    }
    Ok(checked)
}

fn expect(what: &str, counted: f64, rule: f64) -> Result<(), String> {
    if counted == rule { Ok(()) } else { Err(format!("{what}: the endpoint counts {counted}, DynamoDB {rule}")) }
}
