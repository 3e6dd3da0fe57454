"""The samples of the catalogue, as boto3 takes them, and what an order left in the log."""

import json

import boto3
from boto3.dynamodb.conditions import Key

from cloud import ROOT

RECEIVE_STOCK = "events/inventory/ReceiveStock.v1.json"
PLACE_ORDER = "events/order/PlaceOrder.v1.json"


def receive_stock():
    """Mugs come in."""
    return json.loads((ROOT / RECEIVE_STOCK).read_text(encoding="utf-8"))


def place_order(order):
    """Two of them are ordered, under this id."""
    return json.loads((ROOT / PLACE_ORDER).read_text(encoding="utf-8").replace("o-1001", order))


def commits(order):
    """The commits of this order's stream."""
    table = boto3.resource("dynamodb").Table("causeway-events")
    return table.query(KeyConditionExpression=Key("stream").eq(f"order/{order}"))["Items"]
