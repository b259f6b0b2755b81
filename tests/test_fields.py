"""Every field that is read exists where it is read: in Graph's own metadata, or in the beta by a page of Microsoft's named here."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from functools import cache

import msgspec
import pytest

import fixtures.resources
from fixtures import passcodes
from fixtures.conditional_access import grants, policy
from fixtures.device_settings import Setting
from tests.harness import SHARED, needs_shared

# Types that decode what Graph sends, by what Graph calls it.
READ = {
    "tenant.VerifiedDomain": "verifiedDomain",
    "tenant.Organization": "organization",
    "tenant.ServicePlan": "servicePlanInfo",
    "tenant.PrepaidUnits": "licenseUnitsDetail",
    "tenant.SubscribedSku": "subscribedSku",
    "tenant.Domain": "domain",
    "tenant.Account": "user",
    "users._User": "user",
    "users._Registration": "userRegistrationDetails",
    "named._Licence": "assignedLicense",
    "named._Holder": "user",
    "identity.Principal": "user",
    "identity.SecurityDefaults": "identitySecurityDefaultsEnforcementPolicy",
    "identity.DefaultUserRole": "defaultUserRolePermissions",
    "identity.AuthorizationPolicy": "authorizationPolicy",
    "identity.Reviewer": "accessReviewReviewerScope",
    "identity.AdminConsentPolicy": "adminConsentRequestPolicy",
    "identity._Assignment": "unifiedRoleAssignment",
    "group_eligibilities._Eligible": "privilegedAccessGroupEligibilityScheduleInstance",
    "directory._Value": "settingValue",
    "directory._GroupSetting": "groupSetting",
    "directory.Synchronization": "onPremisesDirectorySynchronization",
    "directory._Features": "onPremisesDirectorySynchronizationFeature",
    "directory.AssignedPlan": "assignedPlan",
    "directory.AdministratorAccount": "user",
    "directory._Group": "group",
    "directory_sync.ProvisioningError": "onPremisesProvisioningError",
    "directory_sync._Synchronised": "user",
    "defender_for_identity._Detection": "riskDetection",
    "defender_for_identity.Sensor": "sensor",
    "tenant_configuration.Job": "configurationSnapshotJob",
    "tenant_configuration._Item": "baselineResource",
    "teams_meetings._User": "teamsUserConfiguration",
    "teams_meetings._Effective": "effectivePolicyAssignment",
    "teams_meetings._Assignment": "policyAssignment",
    "workloads.IdleSession": "idleSessionSignOut",
    "workloads.SharePointSettings": "sharepointSettings",
    "workloads.SensitivityLabel": "sensitivityLabel",
    "hunting._Result": "huntingQueryResults",
    "secure_score._Stamp": "secureScore",
    "secure_score._PlainControl": "controlScore",
    "secure_score._PlainDay": "secureScore",
}
# What only the beta has, and Microsoft's page of it; the hunting table's columns have a page of Defender's.
BETA = {
    "directory_sync.LastPasswordSync": "learn.microsoft.com/graph/api/resources/organization",
    "apps.FormsSettings": "learn.microsoft.com/graph/api/adminforms-get",
    "apps._Forms": "learn.microsoft.com/graph/api/resources/formssettings",
    "apps.OwnAppsSettings": "learn.microsoft.com/graph/api/adminappsandservices-get",
    "apps._OwnApps": "learn.microsoft.com/graph/api/resources/appsandservicessettings",
    "intune._Target": "learn.microsoft.com/graph/api/resources/intune-shared-deviceandappmanagementassignmenttarget",
    "intune._Assignment": "learn.microsoft.com/graph/api/resources/intune-deviceconfigv2-devicemanagementconfigurationpolicyassignment",
    "intune._Value": "learn.microsoft.com/graph/api/resources/intune-deviceconfigv2-devicemanagementconfigurationsettingvalue",
    "intune._Instance": "learn.microsoft.com/graph/api/resources/intune-deviceconfigv2-devicemanagementconfigurationsettinginstance",
    "intune._Setting": "learn.microsoft.com/graph/api/resources/intune-deviceconfigv2-devicemanagementconfigurationsetting",
    "intune._Row": "learn.microsoft.com/graph/api/resources/intune-deviceconfigv2-devicemanagementconfigurationpolicy",
    "tenant_configuration._Baseline": "learn.microsoft.com/graph/api/resources/configurationbaseline, and a second shape that was seen",
    "recommendations.Recommendation": "learn.microsoft.com/graph/api/resources/recommendation",
    "hunting._Row": "learn.microsoft.com/defender-xdr/advanced-hunting-devicetvmsecureconfigurationassessment-table",
}
# What is made of them, and what only holds the rows of a page.
MADE = {
    *("tenant.Accounts", "tenant.Domains", "users.Users", "users.Registrations", "users._UserPage", "users._RegistrationPage"),
    *("identity.Holder", "identity.RoleAssignments", "identity.GroupMembers", "conditional_access.ConditionalAccess"),
    *("directory.PasswordRules", "directory.Groups", "directory._GroupPage", "declaring._Collection", "hunting.Setting"),
    *("directory_sync.Conflict", "directory_sync.SyncConflicts", "directory_sync._SynchronisedPage"),
    *("hunting.DeviceConfigurations", "intune.Policy", "intune.Policies", "defender_for_identity.LeakedCredentials"),
    *("secure_score.ControlScore", "secure_score.StateUpdate", "secure_score.ControlProfile", "secure_score.ScoreDay"),
    *(
        "tenant_configuration.Jobs",
        "tenant_configuration._Ensured",
        "teams_meetings.Holders",
        "teams_meetings.MeetingAssignments",
        "teams_meetings._UserPage",
    ),
    *("secure_score.Comparison", "secure_score.SecureScores", "secure_score._Page", "workloads.SensitivityLabels"),
}


# Modules whose types read exports, and what these are made of.
EXPORTED = {"answers", "mail_flow"}


def _structs() -> dict[str, type[msgspec.Struct]]:
    """What reads Graph itself. What reads an export is held against its schema elsewhere: `test_tenant_configuration_fields`."""
    found = {}
    for info in pkgutil.iter_modules(fixtures.resources.__path__):
        module = importlib.import_module(f"fixtures.resources.{info.name}")
        if (hasattr(module, "STRUCTS") and info.name != "teams_meetings") or info.name in EXPORTED:
            continue
        for name, kind in vars(module).items():
            exported = kind in getattr(module, "STRUCTS", {}).values() if inspect.isclass(kind) else False
            if inspect.isclass(kind) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__ and not exported:
                found[f"{info.name}.{name}"] = kind
    return found


STRUCTS = _structs()


@cache
def _schema() -> str:
    return (SHARED / "reference/graph-v1.0.csdl").read_text("utf-8")


@cache
def _properties(name: str) -> frozenset[str]:
    """The properties of a type, and of those it is made from."""
    body = re.search(
        rf'<(?:EntityType|ComplexType) Name="{name}"([^>]*?)(?:/>|>(.*?)</(?:EntityType|ComplexType)>)',
        _schema(),
        re.DOTALL | re.IGNORECASE,
    )
    assert body, f"Graph has no type {name}"
    base = re.search(r'BaseType="graph\.(\w+)"', body[1])
    own = re.findall(r'<(?:Navigation)?Property Name="([^"]+)"', body[2] or "")
    return frozenset(own) | (_properties(base[1]) if base else frozenset())


def test_every_type_is_known() -> None:
    assert STRUCTS.keys() == READ.keys() | BETA.keys() | MADE
    assert not READ.keys() & BETA.keys()
    assert not MADE & (READ.keys() | BETA.keys())


@needs_shared
@pytest.mark.parametrize("name", READ)
def test_every_field_a_type_reads_exists_in_graph(name: str) -> None:
    read = {field.encode_name for field in msgspec.structs.fields(STRUCTS[name])}
    assert read - {"@odata.type"} <= _properties(READ[name])


# A policy is read by its keys, for one that is not known must be seen.
CONDITIONAL_ACCESS = {
    "conditionalAccessPolicy": policy._POLICY_KEYS,
    "conditionalAccessConditionSet": {
        *("users", "applications", "clientAppTypes", "insiderRiskLevels"),
        *(policy._LEVELS.keys() | policy._STRUCTURED.keys() | policy._NOT_FOR_PEOPLE.keys()),
    },
    "conditionalAccessUsers": policy._USER_KEYS,
    "conditionalAccessApplications": {
        *("includeApplications", "excludeApplications", "includeUserActions"),
        *("includeAuthenticationContextClassReferences", "applicationFilter"),
    },
    "conditionalAccessFilter": {"mode", "rule"},
    "conditionalAccessPlatforms": {"includePlatforms", "excludePlatforms"},
    "conditionalAccessLocations": {"includeLocations", "excludeLocations"},
    "conditionalAccessDevices": {"deviceFilter"},
    "conditionalAccessAuthenticationFlows": {"transferMethods"},
    "conditionalAccessGrantControls": grants._GRANT_KEYS - {"id"},
    "authenticationStrengthPolicy": {"id", "displayName", "allowedCombinations", "requirementsSatisfied"},
    "signInFrequencySessionControl": {"isEnabled", "value", "type", "authenticationType", "frequencyInterval"},
    "persistentBrowserSessionControl": {"isEnabled", "mode"},
    "conditionalAccessGuestsOrExternalUsers": {"guestOrExternalUserTypes", "externalTenants"},
    "ipNamedLocation": {"id", "displayName", "ipRanges", "isTrusted"},
    "countryNamedLocation": {"countriesAndRegions", "countryLookupMethod", "includeUnknownCountriesAndRegions"},
}
# Of the beta alone: learn.microsoft.com/graph/api/resources/conditionalaccesspolicy?view=graph-rest-beta and its neighbours
CONDITIONAL_ACCESS_BETA = {
    "conditionalAccessPolicy": {"partialEnablementStrategy"},
    "conditionalAccessConditionSet": {"agentIdRiskLevels"},
}


@needs_shared
@pytest.mark.parametrize("name", CONDITIONAL_ACCESS)
def test_every_key_of_conditional_access_exists_in_graph(name: str) -> None:
    missing = CONDITIONAL_ACCESS[name] - {"id"} - _properties(name)
    assert missing == CONDITIONAL_ACCESS_BETA.get(name, set())


# Kinds of profiles that the beta alone has: learn.microsoft.com/graph/api/resources/intune-deviceconfig-… of each
_DEVICE_KINDS_BETA = {
    "androidforworkgeneraldeviceconfiguration",
    "androiddeviceownergeneraldeviceconfiguration",
    "aospdeviceownercompliancepolicy",
}
# learn.microsoft.com/graph/api/resources/intune-deviceconfig-windows10compliancepolicy?view=graph-rest-beta
_DEVICE_PROPERTIES_BETA = {"activeFirewallRequired", "antivirusRequired", "antiSpywareRequired"}
SETTINGS = [
    *(setting for setting in vars(passcodes).values() if isinstance(setting, Setting)),
    *(setting for settings in passcodes.COMPUTERS.values() for setting in settings),
]


@needs_shared
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: f"{setting.what} of {next(iter(setting.places))}")
def test_every_property_of_a_device_setting_exists_in_graph(setting: Setting) -> None:
    for kind, name in setting.places.items():
        if kind not in _DEVICE_KINDS_BETA and name not in _DEVICE_PROPERTIES_BETA:
            assert name in _properties(kind), f"{kind} has no {name}"
