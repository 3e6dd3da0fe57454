"""The journeys of money, from one account to another and back."""

import json
import unittest

import boto3
from boto3.dynamodb.conditions import Key

import journeys
from cloud import eventually
from journeys import fresh


class Transfers(unittest.TestCase):
    """`self.endpoint` is the endpoint of this run."""

    def test_money_goes_from_one_account_to_the_other(self):
        here, there = opened(100_00), opened()
        transfer = transferred(here, there, 30_00)
        self.assertEqual(ended(transfer)["_status"], "completed")
        self.assertEqual((balance(there), balance_when_settled(here)), (30_00, 70_00))
        legs = ["MoneyDeposited", "TransferDebited", "TransferSettled"]
        self.assertEqual(journeys.names(f"account/{here}"), ["AccountOpened", *legs])
        self.assertEqual(statement(here), [("transferOut", -30_00, 70_00), ("deposit", 100_00, 100_00)])

    def test_money_that_the_other_account_does_not_take_comes_back(self):
        here, there = opened(100_00), opened()
        publish("CloseAccount", accountId=there)
        eventually(lambda: "AccountClosed" in journeys.names(f"account/{there}"))
        ended_so = ended(transferred(here, there, 30_00))
        self.assertEqual((ended_so["_status"], ended_so["_because"]), ("failed", {"by": "returned", "reason": "closed"}))
        self.assertEqual(balance_when_settled(here), 100_00)

    def test_an_account_gives_no_more_than_it_has(self):
        here, there = opened(20_00), opened()
        ended_so = ended(transferred(here, there, 30_00))
        self.assertEqual(ended_so["_because"], {"by": "refused", "reason": "insufficientFunds"})
        self.assertEqual((balance(here), balance(there)), (20_00, 0))


def publish(name, **data):
    journeys.publish([
        {"EventBusName": journeys.BUS, "Source": "bank.web", "DetailType": name, "Detail": json.dumps({"data": data})}
    ])  # fmt: skip


def euros(amount):
    return {"amount": amount, "currency": "EUR"}


def opened(amount=0):
    """A new account with so much money in it."""
    account = fresh("a")
    publish("OpenAccount", accountId=account, userId="u-1", currency="EUR")
    eventually(lambda: journeys.row(f"account-balance/{account}"))
    if amount:
        publish("Deposit", accountId=account, amount=euros(amount))
        eventually(lambda: balance(account) == amount)
    return account


def transferred(here, there, amount):
    """A new transfer."""
    transfer = fresh("t")
    publish("RequestTransfer", **{"transferId": transfer, "from": here, "to": there, "amount": euros(amount)})
    return transfer


def ended(transfer):
    """Waits until the transfer has ended, and gives its row."""

    def there():
        """the transfer has ended"""
        found = journeys.row(f"transfer/{transfer}")
        return found if found and found["_status"] != "requested" else None

    return eventually(there)


def balance(account):
    return int(journeys.row(f"account-balance/{account}")["_balance"]["amount"])


def balance_when_settled(account):
    """Waits until nothing is under way from the account, and gives its balance."""

    def settled():
        """no money of the account is under way"""
        row = journeys.row(f"account-balance/{account}")
        return row if int(row.get("_underWay", 0)) == 0 else None

    return int(eventually(settled)["_balance"]["amount"])


def statement(account):
    """The movements of the account, the newest first."""
    table = boto3.resource("dynamodb").Table(f"{journeys.STACK}-views")
    query = {"IndexName": "by-list", "KeyConditionExpression": Key("list").eq(f"account-statement/account/{account}")}
    rows = [journeys.row(key["row"]) for key in table.query(**query, ScanIndexForward=False)["Items"]]
    return [(row["_entry"], int(row["_amount"]), int(row["_balance"]["amount"])) for row in rows]
