"""The chart, rendered by a real Helm: what it makes holds together, and what it must not make it refuses."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from gateway.settings import PREFIX, Settings, read_settings

CHART = Path(__file__).parent.parent.parent / "helm"
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = YAML(typ="safe").load((CHART / "values.yaml").read_text())

SET_BY_THE_CHART = {
    "environment", "state", "host", "port", "database_url", "counters_url", "policies", "partners", "keys",
    "checkpoint_file", "odoo_api_key_file", "worker_metrics_port", "gateways", "policies_candidate", "policy_signers",
    "partner_keys", "sftp_host", "sftp_port", "sftp_host_keys", "sftp_spool", "sftp_metrics_port",
}  # fmt: skip
NEVER_IN_PRODUCTION = {"recording"}
OF_NO_POD = {name for name in Settings.__struct_fields__ if name.startswith("keycloak_")}
"""What administers Keycloak is never in a pod."""

Values = dict[str, Any]
GIVEN: Values = {
    "image": {"repository": "registry.example.com/partner-gateway"},
    "settings": {
        "public_url": "https://gateway.example.com",
        "partner_issuers": "https://id.example.com/realms/partners",
        "max_body": 20971520,
        "odoo_url": "https://erp.example.com",
        "odoo_rate": 0.5,
    },
    "secrets": {
        "database": {"existingSecret": "gateway-database"},
        "counters": {"existingSecret": "gateway-counters"},
        "keys": {"existingSecret": "gateway-keys"},
        "odoo": {"existingSecret": "gateway-odoo"},
        "partnerKeys": {"existingSecret": "gateway-partner-keys"},
    },
    "files": {"policies": {"configMap": {"name": "rules"}}},
    "network": {
        "ingressFrom": [{"podSelector": {"matchLabels": {"app": "ingress"}}}],
        "egress": [{"to": [{"ipBlock": {"cidr": "10.20.0.0/16"}}]}],
    },
}

PARTNERS = [{"ipBlock": {"cidr": "0.0.0.0/0"}}]
WITH_SFTP: Values = {
    **GIVEN,
    "settings": {**GIVEN["settings"], "sftp_connections": 200},
    "secrets": {**GIVEN["secrets"], "sftpHostKeys": {"existingSecret": "gateway-host-keys"}},
    "sftp": {"enabled": True},
    "network": {**GIVEN["network"], "sftpFrom": PARTNERS},
}

Helm = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def helm() -> Helm:
    program = os.environ.get("HELM") or shutil.which("helm")
    if program is None:
        pytest.skip("no Helm here: tests/helm/fetch-helm DIR fetches one; put it on the PATH or name it in HELM")

    def run(*arguments: str, values: Values) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [program, *arguments, str(CHART), "--values", "-"],
            input=json.dumps(values), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


Objects = dict[tuple[str, str], dict[str, Any]]


def rendered(helm: Helm, values: Values) -> Objects:
    """Every object by its kind and name."""
    ran = helm("template", "gw", values=values)
    assert ran.returncode == 0, ran.stderr
    objects = [one for one in YAML(typ="safe").load_all(ran.stdout) if one]
    named = {(one["kind"], one["metadata"]["name"]): one for one in objects}
    assert len(named) == len(objects), "two objects of one name"
    return named


def changed(values: Values, path: str, value: Any) -> Values:
    """A copy with one value at a dotted path."""
    copy: Values = json.loads(json.dumps(values))
    place = copy
    *parents, last = path.split(".")
    for parent in parents:
        place = place.setdefault(parent, {})
    place[last] = value
    return copy


def pods(objects: Objects) -> Iterator[tuple[str, dict[str, Any]]]:
    for (kind, name), one in objects.items():
        if kind in ("Deployment", "StatefulSet"):
            yield name, one["spec"]["template"]["spec"]


# ---- the values ----------------------------------------------------------------------------------------------------


def described(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, one in schema.get("properties", {}).items():
        yield f"{path}{name}", one
        yield from described(one, f"{path}{name}.")


def test_every_value_is_described_and_no_other_is_taken() -> None:
    for path, one in described(SCHEMA):
        assert re.fullmatch(r"[A-Z].*\.", one.get("description", "")), path
        assert one.get("additionalProperties") is False or "properties" not in one, path
    paths = {path for path, _ in described(SCHEMA) if not path.startswith("settings.") and path != "global"}

    def written(values: Values, path: str = "") -> Iterator[str]:
        for name, value in values.items():
            yield f"{path}{name}"
            if isinstance(value, dict) and f"{path}{name}" in paths and any(
                one.startswith(f"{path}{name}.") for one in paths
            ):  # fmt: skip
                yield from written(value, f"{path}{name}.")

    assert set(written(VALUES)) == paths


def test_every_setting_can_be_given_that_the_chart_does_not_set() -> None:
    taken = set(SCHEMA["properties"]["settings"]["properties"])
    assert taken == set(Settings.__struct_fields__) - SET_BY_THE_CHART - NEVER_IN_PRODUCTION - OF_NO_POD


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("image.repository", "", "repository"),
        ("settings", {"public_url": "https://gateway.example.com"}, "settings"),
        ("settings.public_ulr", "https://gateway.example.com", "public_ulr"),
        ("settings.recording", "odoo", "recording"),
        ("secrets.database.existingSecret", "", "existingSecret"),
        ("secrets.keys.existingSecret", "", "existingSecret"),
        ("server.replica", 3, "replica"),
        ("worker.replicas", 0, "replicas"),
        ("image.digest", "sha256:abc", "digest"),
        ("sftp.enabled", True, "sftp.enabled needs secrets.sftpHostKeys.existingSecret"),
        ("sftp.replicas", 0, "replicas"),
        ("sftp.spool.size", "ten", "size"),
        ("settings.sftp_port", 2222, "sftp_port"),
        ("network.egress", [], "network.egress is empty, so the gateway could not reach its database"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(helm: Helm, path: str, value: Any, complaint: str) -> None:
    ran = helm("template", "gw", values=changed(GIVEN, path, value))
    assert ran.returncode != 0
    assert complaint in ran.stderr


@pytest.mark.parametrize("values", [GIVEN, WITH_SFTP], ids=["plain", "sftp"])
def test_the_chart_passes_its_own_linter(helm: Helm, values: Values) -> None:
    ran = helm("lint", "--strict", values=values)
    assert ran.returncode == 0, ran.stdout + ran.stderr


# ---- what it makes -------------------------------------------------------------------------------------------------


def test_it_makes_these_objects_and_no_others(helm: Helm) -> None:
    assert set(rendered(helm, GIVEN)) == {
        ("ConfigMap", "gw"), ("ConfigMap", "gw-worker"), ("Deployment", "gw-server"), ("Deployment", "gw-worker"),
        ("Service", "gw"), ("PersistentVolumeClaim", "gw-checkpoints"), ("PodDisruptionBudget", "gw-server"),
        ("PodDisruptionBudget", "gw-worker"), ("NetworkPolicy", "gw-server"), ("NetworkPolicy", "gw-worker"),
    }  # fmt: skip


@pytest.mark.parametrize("program", ["server", "worker", "sftp"])
def test_the_gateway_takes_the_settings_it_is_given(helm: Helm, program: str, tmp_path: Path) -> None:
    """Read by the gateway itself, with the folders of a pod made here."""
    objects = rendered(helm, WITH_SFTP)
    container = dict(pods(objects))[f"gw-{program}"]["containers"][0]
    environment: dict[str, str] = {}
    for source in container["envFrom"]:
        environment |= objects["ConfigMap", source["configMapRef"]["name"]]["data"]
    assert all(isinstance(value, str) for value in environment.values())
    secret = {"GATEWAY_DATABASE_URL": "postgresql://db/ledger", "GATEWAY_COUNTERS_URL": "redis://counters:6379"}
    assert {one["name"] for one in container["env"]} == set(secret)
    for mount in container["volumeMounts"]:
        (tmp_path / mount["mountPath"].lstrip("/")).mkdir(parents=True, exist_ok=True)
    if program == "worker":
        (tmp_path / "etc/partner-gateway/odoo/api-key").write_text("a key")
    here = {
        name: f"{tmp_path}{value}" if value.startswith(("/etc/", "/var/")) else value
        for name, value in environment.items()
    }
    settings = read_settings(here | secret)
    assert settings.environment == "production"
    assert settings.max_body == 20971520
    assert settings.gateways == 3
    assert settings.odoo_url == ("https://erp.example.com" if program == "worker" else None)
    assert settings.odoo_rate == (0.5 if program == "worker" else Settings().odoo_rate)
    for path in (settings.state, settings.keys, settings.policies, settings.partner_keys):
        assert path.is_dir(), "a setting names a folder that is not mounted"
    if program == "sftp":
        assert (settings.sftp_host, settings.sftp_connections, settings.sftp_metrics_port) == ("0.0.0.0", 200, 9101)
        assert settings.sftp_host_keys.is_dir()
        assert settings.sftp_spool.is_dir()
        ports = {one["name"]: one["containerPort"] for one in container["ports"]}
        assert ports == {"sftp": settings.sftp_port, "metrics": settings.sftp_metrics_port}
    if program == "worker":
        assert settings.checkpoint_file is not None
        assert settings.checkpoint_file.parent.is_dir()


def test_pods_run_as_nobody_on_a_root_that_cannot_be_written(helm: Helm) -> None:
    objects = rendered(helm, WITH_SFTP)
    for name, pod in pods(objects):
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["runAsUser"] >= 10000
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        volumes = {volume["name"] for volume in pod["volumes"]} | ({"spool"} if name == "gw-sftp" else set())
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes


def test_key_files_are_mounted_as_the_gateway_demands(helm: Helm) -> None:
    for name, pod in pods(rendered(helm, WITH_SFTP)):
        for volume in pod["volumes"]:
            if "secret" in volume:
                assert volume["secret"]["defaultMode"] == 0o440, name
        secrets = {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
        own = {"gw-worker": {"gateway-odoo"}, "gw-sftp": {"gateway-host-keys"}}.get(name, set())
        assert secrets == {"gateway-keys", "gateway-partner-keys"} | own


def test_signers_and_a_candidate_are_volumes_of_their_own(helm: Helm) -> None:
    files = {name: {"configMap": {"name": name}} for name in ("policies", "candidate", "signers")}
    for name, pod in pods(rendered(helm, changed(GIVEN, "files", files))):
        [container] = pod["containers"]
        places = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert {one: places[one] for one in files} == {one: f"/etc/partner-gateway/{one}" for one in files}, name
    settings = rendered(helm, changed(GIVEN, "files", files))["ConfigMap", "gw"]["data"]
    assert settings["GATEWAY_POLICY_SIGNERS"] == "/etc/partner-gateway/signers/signers.yaml"
    assert settings["GATEWAY_POLICIES_CANDIDATE"] == "/etc/partner-gateway/candidate"


def test_no_secret_stands_in_a_config_map(helm: Helm) -> None:
    for (kind, _), one in rendered(helm, GIVEN).items():
        if kind == "ConfigMap":
            assert not {f"{PREFIX}DATABASE_URL", f"{PREFIX}COUNTERS_URL"} & one["data"].keys()


def test_the_probes_ask_the_addresses_of_the_gateway(helm: Helm) -> None:
    container = rendered(helm, GIVEN)["Deployment", "gw-server"]["spec"]["template"]["spec"]["containers"][0]
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    application = (CHART.parent / "gateway/channels/http/application.py").read_text()
    assert '"/health/live"' in application
    assert '"/health/ready"' in application
    assert container["command"] == ["partner-gateway", "serve"]


def test_the_service_and_the_budgets_find_their_pods(helm: Helm) -> None:
    objects = rendered(helm, GIVEN)
    labels = {
        name: objects["Deployment", f"gw-{name}"]["spec"]["template"]["metadata"]["labels"]
        for name in ("server", "worker")
    }
    assert objects["Service", "gw"]["spec"]["selector"].items() <= labels["server"].items()
    assert not objects["Service", "gw"]["spec"]["selector"].items() <= labels["worker"].items()
    for name, own in labels.items():
        for kind, field in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
            assert objects[kind, f"gw-{name}"]["spec"][field]["matchLabels"].items() <= own.items()
        assert objects["Deployment", f"gw-{name}"]["spec"]["selector"]["matchLabels"].items() <= own.items()


def test_nothing_goes_in_or_out_that_is_not_named(helm: Helm) -> None:
    objects = rendered(helm, GIVEN)
    for name in ("server", "worker"):
        policy = objects["NetworkPolicy", f"gw-{name}"]["spec"]
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        dns, *others = policy["egress"]
        assert {port["port"] for port in dns["ports"]} == {53}
        assert others == GIVEN["network"]["egress"]
    assert objects["NetworkPolicy", "gw-worker"]["spec"]["ingress"] == []
    [ingress] = objects["NetworkPolicy", "gw-server"]["spec"]["ingress"]
    assert ingress["from"] == GIVEN["network"]["ingressFrom"]


def test_without_network_policies_none_is_made(helm: Helm) -> None:
    values = changed(changed(GIVEN, "network.enabled", False), "network.egress", [])
    assert not [kind for kind, _ in rendered(helm, values) if kind == "NetworkPolicy"]


def test_a_claim_of_ones_own_is_used(helm: Helm) -> None:
    objects = rendered(helm, changed(GIVEN, "checkpoints.existingClaim", "anchor"))
    assert not [kind for kind, _ in objects if kind == "PersistentVolumeClaim"]
    worker = objects["Deployment", "gw-worker"]["spec"]["template"]["spec"]
    assert {"name": "checkpoints", "persistentVolumeClaim": {"claimName": "anchor"}} in worker["volumes"]


def test_a_digest_goes_before_a_tag(helm: Helm) -> None:
    digest = f"sha256:{'0123456789abcdef' * 4}"
    values = changed(changed(GIVEN, "image.digest", digest), "image.tag", "1.2.3")
    for _, pod in pods(rendered(helm, values)):
        assert pod["containers"][0]["image"] == f"registry.example.com/partner-gateway@{digest}"


def test_a_changed_setting_restarts_the_pods(helm: Helm) -> None:
    def checksum(values: Values) -> str:
        deployment = rendered(helm, values)["Deployment", "gw-server"]
        return str(deployment["spec"]["template"]["metadata"]["annotations"]["checksum/settings"])

    assert checksum(GIVEN) == checksum(GIVEN)
    assert checksum(GIVEN) != checksum(changed(GIVEN, "settings.max_body", 1048576))


# ---- the SFTP server -----------------------------------------------------------------------------------------------


def test_the_sftp_server_comes_with_all_that_belongs_to_it(helm: Helm) -> None:
    added = set(rendered(helm, WITH_SFTP)) - set(rendered(helm, GIVEN))
    assert added == {
        (kind, "gw-sftp") for kind in ("ConfigMap", "StatefulSet", "Service", "PodDisruptionBudget", "NetworkPolicy")
    }


def test_each_sftp_pod_keeps_its_uploads_on_a_disk_of_its_own(helm: Helm) -> None:
    values = changed(WITH_SFTP, "sftp.spool", {"size": "40Gi", "storageClass": "fast"})
    spec = rendered(helm, values)["StatefulSet", "gw-sftp"]["spec"]
    [claim] = spec["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "spool"
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": "40Gi"}},
    }  # fmt: skip
    [container] = spec["template"]["spec"]["containers"]
    assert {"name": "spool", "mountPath": "/var/lib/sftp-spool"} in container["volumeMounts"]
    assert container["command"] == ["partner-gateway", "sftp"]


def test_partners_reach_the_sftp_pods_at_its_port_and_stay_with_one(helm: Helm) -> None:
    objects = rendered(helm, changed(WITH_SFTP, "sftp.service.port", 2222))
    service = objects["Service", "gw-sftp"]["spec"]
    [port] = service["ports"]
    assert (port["port"], port["targetPort"], service["sessionAffinity"]) == (2222, "sftp", "ClientIP")
    assert (service["type"], service["externalTrafficPolicy"]) == ("LoadBalancer", "Local")
    labels = objects["StatefulSet", "gw-sftp"]["spec"]["template"]["metadata"]["labels"]
    for kind, field in (("Service", None), ("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
        spec = objects[kind, "gw-sftp"]["spec"]
        selector = spec["selector"] if field is None else spec[field]["matchLabels"]
        assert selector.items() <= labels.items(), kind
    for other in ("gw-server", "gw-worker"):
        of_other = objects["Deployment", other]["spec"]["template"]["metadata"]["labels"]
        assert not service["selector"].items() <= of_other.items()
    plain = rendered(helm, changed(WITH_SFTP, "sftp.service.type", "ClusterIP"))
    assert "externalTrafficPolicy" not in plain["Service", "gw-sftp"]["spec"]


def test_who_may_log_in_may_not_read_metrics_nor_the_other_way_round(helm: Helm) -> None:
    readers = [{"podSelector": {"matchLabels": {"app": "prometheus"}}}]
    objects = rendered(helm, changed(WITH_SFTP, "network.metricsFrom", readers))
    told = {
        name: {
            rule["ports"][0]["port"]: rule["from"] for rule in objects["NetworkPolicy", f"gw-{name}"]["spec"]["ingress"]
        }
        for name in ("server", "worker", "sftp")
    }
    assert told == {
        "server": {"http": GIVEN["network"]["ingressFrom"] + readers},
        "worker": {"metrics": readers},
        "sftp": {"sftp": PARTNERS, "metrics": readers},
    }
    nobody = rendered(helm, changed(WITH_SFTP, "network.sftpFrom", []))
    assert nobody["NetworkPolicy", "gw-sftp"]["spec"]["ingress"] == []


def test_what_concerns_sftp_is_told_to_its_server_alone(helm: Helm) -> None:
    objects = rendered(helm, WITH_SFTP)
    for name in ("gw", "gw-worker"):
        assert not [one for one in objects["ConfigMap", name]["data"] if one.startswith("GATEWAY_SFTP_")]
    assert objects["ConfigMap", "gw-sftp"]["data"]["GATEWAY_SFTP_CONNECTIONS"] == "200"
    assert rendered(helm, GIVEN)["ConfigMap", "gw"]["data"]["GATEWAY_GATEWAYS"] == "2"


def test_the_sftp_pods_have_the_time_and_the_limits_that_were_given(helm: Helm) -> None:
    values = changed(WITH_SFTP, "sftp.resources", {"limits": {"memory": "3Gi"}})
    pod = dict(pods(rendered(helm, changed(values, "sftp.graceSeconds", 240))))["gw-sftp"]
    assert pod["terminationGracePeriodSeconds"] == 240
    assert pod["containers"][0]["resources"]["limits"] == {"memory": "3Gi"}
