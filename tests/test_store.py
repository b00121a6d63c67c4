"""One contract, two stores: what holds for a folder holds for S3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from pipeline.errors import NotStored, Refused, StoreConflict
from pipeline.store import ZONES, FolderStore, Listed, Store, bucket_of, open_store
from pipeline.store.s3 import S3Store

KEY = "ledger/files/tiny/w1/a.json"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield


def buckets(*, versioned: bool = False) -> S3Store:
    client = boto3.client("s3")
    names = {zone: f"x-{bucket_of(zone)}" for zone in ZONES}
    for name in sorted(set(names.values())):
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        if versioned:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return S3Store(client, names)


@pytest.fixture(params=["folder", "s3", "versioned"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path / "workspace")
    request.getfixturevalue("cloud")
    return buckets(versioned=request.param == "versioned")


def test_what_was_created_is_read(store: Store) -> None:
    store.create(KEY, b"one")
    assert store.read(KEY).data == b"one"


def test_nothing_is_not_stored(store: Store) -> None:
    for key in (KEY, "ledger/files", "ledger/files/tiny/w1/a.json/b"):
        with pytest.raises(NotStored):
            store.read(key)


def test_an_object_is_read_as_a_file_from_any_place(store: Store) -> None:
    store.create(KEY, b"one two")
    with store.open(KEY) as file:
        assert file.read(3) == b"one"
        file.seek(4)
        assert file.read() == b"two"
        file.seek(0)
        assert file.readline() == b"one two"
    for key in ("ledger/files/none", "ledger/files"):
        with pytest.raises(NotStored), store.open(key):
            pass


def test_a_file_is_written_like_its_bytes_from_its_beginning(store: Store) -> None:
    one, two = BytesIO(b"one"), BytesIO(b"one more")
    one.seek(2)
    store.create(KEY, one)
    store.create(KEY, one)
    assert store.read(KEY).data == b"one"
    for other in (two, b"on", b"one more", b"two"):
        with pytest.raises(StoreConflict):
            store.create(KEY, other)
    store.replace(KEY, two, store.read(KEY).etag)
    assert store.read(KEY).data == b"one more"
    store.create(KEY, two)


def test_creating_the_same_again_is_no_change_and_other_bytes_a_conflict(store: Store) -> None:
    store.create(KEY, b"one")
    etag = store.read(KEY).etag
    store.create(KEY, b"one")
    with pytest.raises(StoreConflict):
        store.create(KEY, b"two")
    assert (store.read(KEY).data, store.read(KEY).etag) == (b"one", etag)


def test_replacing_needs_the_etag_of_what_is_there(store: Store) -> None:
    store.replace(KEY, b"one", None)
    first = store.read(KEY).etag
    store.replace(KEY, b"two", first)
    assert store.read(KEY).data == b"two"
    for etag in (first, None):
        with pytest.raises(StoreConflict):
            store.replace(KEY, b"three", etag)
    assert store.read(KEY).data == b"two"


def test_replacing_what_is_not_there_is_a_conflict(store: Store) -> None:
    with pytest.raises(StoreConflict):
        store.replace(KEY, b"one", '"0123"')
    assert list(store.keys("ledger/")) == []


def test_keys_are_listed_in_the_order_of_their_bytes_with_sizes(store: Store) -> None:
    names = ["b", "a/c", "a-", "æ b+c %.csv", "a.parquet", "Z"]
    for name in names:
        store.create(f"landing/{name}", name.encode())
    store.create("published/x", b"")
    expected = [Listed(f"landing/{name}", len(name.encode())) for name in sorted(names, key=str.encode)]
    assert list(store.keys("landing/")) == expected
    assert [one.key for one in store.keys("landing/a")] == ["landing/a-", "landing/a.parquet", "landing/a/c"]
    assert list(store.keys("landing/nothing/")) == []


@pytest.mark.parametrize("name", ["a b", "æøå", "a+b", "100 %", "%2F", "a\nb", "💡", "=1+1", "a" * 200])
def test_odd_names_are_names(store: Store, name: str) -> None:
    key = f"landing/tiny/w1/responses/{name}"
    store.create(key, b"x")
    assert store.read(key).data == b"x"
    assert [one.key for one in store.keys("landing/")] == [key]
    store.delete(key)
    assert list(store.keys("landing/")) == []


def test_deleting_takes_every_version_of_one_object_and_no_other(store: Store) -> None:
    store.create(KEY, b"one")
    store.replace(KEY, b"two", store.read(KEY).etag)
    store.create(f"{KEY}.other", b"x")
    store.delete(KEY)
    store.delete(KEY)
    with pytest.raises(NotStored):
        store.read(KEY)
    assert [one.key for one in store.keys("ledger/")] == [f"{KEY}.other"]


def test_in_a_versioned_bucket_no_version_is_left(cloud: None) -> None:  # noqa: ARG001 - the account
    store = buckets(versioned=True)
    store.create(KEY, b"one")
    store.replace(KEY, b"two", store.read(KEY).etag)
    boto3.client("s3").delete_object(Bucket="x-private", Key=KEY)
    store.delete(KEY)
    left = boto3.client("s3").list_object_versions(Bucket="x-private", Prefix=KEY)
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers")


def test_an_earlier_version_is_read_when_asked_for(cloud: None) -> None:  # noqa: ARG001 - the account
    store = buckets(versioned=True)
    client = boto3.client("s3")
    first = client.put_object(Bucket="x-landing", Key="landing/a", Body=b"one")["VersionId"]
    client.put_object(Bucket="x-landing", Key="landing/a", Body=b"two")
    assert store.read("landing/a", first).data == b"one"
    assert store.read("landing/a").data == b"two"
    with store.open("landing/a", first) as file:
        assert file.read() == b"one"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "secrets/a",
        "ledger/../config/a",
        "ledger//a",
        "ledger/./a",
        "ledger/a\\b",
        "ledger/a\0",
        "/ledger/a",
        "ledger/",
    ],
)
def test_a_key_that_is_none_of_ours_is_refused_by_every_verb(store: Store, key: str) -> None:
    verbs: list[Callable[[], object]] = [
        lambda: store.read(key),
        lambda: store.create(key, b"x"),
        lambda: store.replace(key, b"x", None),
        lambda: store.replace(key, b"x", "etag"),
        lambda: store.delete(key),
    ]
    for verb in verbs:
        with pytest.raises(Refused, match="not a key of a workspace"):
            verb()


class Forbidden:
    """A client that may do nothing."""

    def __getattr__(self, name: str) -> Callable[..., object]:
        """Any operation there is."""

        def refuse(**_request: object) -> object:
            raise ClientError({"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, name)  # type: ignore[typeddict-item]  # as much of an answer as is read

        return refuse


def test_what_s3_forbids_is_a_fault_and_no_conflict() -> None:
    store = S3Store(Forbidden(), dict.fromkeys(ZONES, "x"))  # type: ignore[arg-type]  # as much of a client as is used
    verbs: list[Callable[[], object]] = [
        lambda: store.read(KEY),
        lambda: store.create(KEY, b"x"),
        lambda: store.replace(KEY, b"x", "etag"),
    ]
    for verb in verbs:
        with pytest.raises(ClientError):
            verb()


def test_a_half_written_file_is_never_seen(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.create(KEY, b"one")
    (tmp_path / "ledger/files/tiny/w1/.writing-abc").write_bytes(b"half")
    assert [one.key for one in store.keys("")] == [KEY]
    store.replace(KEY, b"two", store.read(KEY).etag)
    assert sorted(path.name for path in (tmp_path / "ledger/files/tiny/w1").iterdir()) == [".writing-abc", "a.json"]


def test_open_store(tmp_path: Path, cloud: None) -> None:  # noqa: ARG001 - the account
    assert isinstance(open_store(str(tmp_path)), FolderStore)
    buckets()
    store = open_store("s3://x-{zone}")
    store.create(KEY, b"one")
    assert boto3.client("s3").get_object(Bucket="x-private", Key=KEY)["Body"].read() == b"one"
    for odd in ("s3://", "s3://bucket/folder"):
        with pytest.raises(Refused, match="without a folder"):
            open_store(odd)


WRITES = st.lists(
    st.tuples(st.sampled_from(["create", "replace", "delete"]), st.sampled_from("ab"), st.sampled_from([b"1", b"2"])),
    max_size=12,
)


@given(WRITES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12, deadline=None)
def test_both_stores_answer_alike(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[str, str, bytes]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
        with mock_aws():
            stores: tuple[Store, Store] = (FolderStore(tmp_path_factory.mktemp("store")), buckets())
            assert play(stores[0], writes) == play(stores[1], writes)


def play(store: Store, writes: list[tuple[str, str, bytes]]) -> list[object]:
    seen: list[object] = []
    for verb, name, data in writes:
        key = f"candidate/{name}"
        try:
            if verb == "create":
                store.create(key, data)
            elif verb == "replace":
                store.replace(key, data, store.read(key).etag)
            else:
                store.delete(key)
            seen.append("done")
        except (StoreConflict, NotStored) as error:
            seen.append(type(error).__name__)
        seen.append([(one.key, one.size, store.read(one.key).data) for one in store.keys("candidate/")])
    return seen


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("published/s/releases/r/reports/u/leader.en.html", "text/html; charset=utf-8"),
        ("published/s/releases/r/reports/u/leader.pdf", "application/pdf"),
        ("ledger/no-ending", "application/octet-stream"),
    ],
)
def test_a_browser_is_told_what_it_gets(cloud: None, key: str, kind: str) -> None:  # noqa: ARG001 - the account
    store = buckets()
    store.create(key, b"one")
    store.replace(key, b"two", store.read(key).etag)
    client = boto3.client("s3")
    assert client.head_object(Bucket=f"x-{bucket_of(key.split('/', maxsplit=1)[0])}", Key=key)["ContentType"] == kind
