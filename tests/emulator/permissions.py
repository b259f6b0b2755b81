"""Which permissions a path needs, and how each service refuses a caller who has none of them.

Any one of those named for a path is enough. https://learn.microsoft.com/graph/permissions-reference
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from .odata import Refused

# A line is a path and the permissions any one of which reads it. `{}` is an id, `[…]` may be left out, `…*` is all that begins so, and
# an application permission with + stands also for the one that writes (Read becomes ReadWrite). The first that fits a path decides it;
# a path that none fits is open.
_TABLE = """
organization[/{}]: Organization.Read.All+ Directory.Read.All+ User.Read.All DeviceManagementConfiguration.Read.All+ \
  DeviceManagementServiceConfig.Read.All+
subscribedSkus[/{}]: LicenseAssignment.Read.All Organization.Read.All+ Directory.Read.All+
directory/subscriptions[/{}]: Organization.Read.All+ Directory.Read.All+
domains[/{}]: Domain.Read.All+ Directory.Read.All
domains/{}/federationConfiguration: Domain-InternalFederation.Read.All+ Domain.Read.All+ Directory.Read.All+
domains/{}/*: Domain.Read.All+ Directory.Read.All
users[/{}]: User.Read.All+ User.ReadBasic.All Directory.Read.All+ User.ReadWrite.CrossCloud AgentIdUser.ReadWrite.All \
  AgentIdUser.ReadWrite.IdentityParentedBy DeviceManagementApps.Read.All+ DeviceManagementConfiguration.Read.All+ \
  DeviceManagementManagedDevices.Read.All+ DeviceManagementServiceConfig.Read.All+
users/{}/licenseDetails: LicenseAssignment.Read.All User.Read.All+ Directory.Read.All+ AgentIdUser.ReadWrite.All \
  AgentIdUser.ReadWrite.IdentityParentedBy
users/{}/authentication/requirements: Policy.Read.All Policy.ReadWrite.AuthenticationMethod
users/{}/authentication/*: UserAuthenticationMethod.Read.All+
users/{}/manager: User.Read.All+ Directory.Read.All+
users/{}/[transitive]memberOf: User.Read.All GroupMember.Read.All Directory.Read.All+
users/{}/messages: Mail.Read Mail.ReadBasic.All Mail.ReadWrite
users/{}/mailboxSettings: MailboxSettings.Read MailboxSettings.ReadWrite
groups[/{}]: GroupMember.Read.All+ Group.Read.All+ Directory.Read.All+
groups/{}/[transitive]members: GroupMember.Read.All+ Group.Read.All+ Directory.Read.All+
groups/{}/owners: GroupMember.Read.All+ Group.Read.All+ Directory.Read.All+
groupSettings[/{}]: GroupSettings.Read.All+ Group.Read.All+ Directory.Read.All+
devices[/{}]: Device.Read.All+ Directory.Read.All+
contacts[/{}]: OrgContact.Read.All Directory.Read.All+
directoryRoles[/{}]: RoleManagement.Read.Directory+ Directory.Read.All+
directoryRoles/{}/members: RoleManagement.Read.Directory+ Directory.Read.All+
directoryRoleTemplates[/{}]: RoleManagement.Read.Directory+ Directory.Read.All+
directory/administrativeUnits[/{}]: AdministrativeUnit.Read.All+ Directory.Read.All+
identityGovernance/privilegedAccess/group/eligibilityScheduleInstances: PrivilegedEligibilitySchedule.Read.AzureADGroup+
directory/recommendations[/{}]: DirectoryRecommendations.Read.All+
directory/onPremisesSynchronization[/{}]: OnPremDirectorySynchronization.Read.All+
roleManagement/directory/roleAssignments[/{}]: RoleManagement.Read.Directory+ Directory.Read.All+
roleManagement/directory/roleDefinitions[/{}]: RoleManagement.Read.Directory+ RoleManagement.Read.All Directory.Read.All+
roleManagement/directory/roleEligibilitySchedule*: RoleEligibilitySchedule.Read.Directory+ RoleManagement.Read.Directory+ \
  RoleManagement.Read.All
roleManagement/directory/roleAssignmentSchedule*: RoleAssignmentSchedule.Read.Directory+ RoleManagement.Read.Directory+ \
  RoleManagement.Read.All
policies/roleManagementPolic*: RoleManagement.Read.Directory+ RoleManagement.Read.All
identity/conditionalAccess/authenticationStrength*: Policy.Read.All Policy.Read.AuthenticationMethod+ Policy.ReadWrite.ConditionalAccess
identity/conditionalAccess/*: Policy.Read.All
policies/authenticationStrengthPolicies[/{}]: Policy.Read.All Policy.Read.AuthenticationMethod+ Policy.ReadWrite.ConditionalAccess
policies/identitySecurityDefaultsEnforcementPolicy: Policy.Read.All Policy.ReadWrite.SecurityDefaults
policies/authorizationPolicy*: Policy.Read.All Policy.ReadWrite.Authorization
policies/adminConsentRequestPolicy: Policy.Read.All Policy.ReadWrite.ConsentRequest Directory.Read.All+
policies/permissionGrantPolicies*: Policy.Read.PermissionGrant+
policies/authenticationMethodsPolicy*: Policy.Read.All Policy.Read.AuthenticationMethod+
policies/crossTenantAccessPolicy*: Policy.Read.All Policy.ReadWrite.CrossTenantAccess
policies/deviceRegistrationPolicy: Policy.Read.DeviceConfiguration+
policies/defaultAppManagementPolicy: Policy.Read.All Policy.ReadWrite.ApplicationConfiguration
policies/*: Policy.Read.All
reports/authenticationMethods/*: AuditLog.Read.All
auditLogs/directoryAudits[/{}]: AuditLog.Read.All Directory.Read.All
auditLogs/*: AuditLog.Read.All
identityProtection/riskyUsers*: IdentityRiskyUser.Read.All
identityProtection/riskDetections[/{}]: IdentityRiskEvent.Read.All
identityProtection/riskyServicePrincipals*: IdentityRiskyServicePrincipal.Read.All+
servicePrincipals[/{}]: Application.Read.All+ Application.ReadWrite.OwnedBy Directory.Read.All
servicePrincipals/{}/appRole*: Application.Read.All+ Application.ReadWrite.OwnedBy Directory.Read.All+
applications[/{}]: Application.Read.All+ Application.ReadWrite.OwnedBy Directory.Read.All
oauth2PermissionGrants[/{}]: DelegatedPermissionGrant.ReadWrite.All Directory.Read.All+
deviceManagement: DeviceManagementApps.Read.All+ DeviceManagementConfiguration.Read.All+ DeviceManagementManagedDevices.Read.All+ \
  DeviceManagementRBAC.Read.All+ DeviceManagementServiceConfig.Read.All+
deviceManagement/managedDevices*: DeviceManagementManagedDevices.Read.All+ DeviceManagementConfiguration.Read.All+
deviceManagement/conditionalAccessSettings: DeviceManagementServiceConfig.Read.All+ DeviceManagementConfiguration.Read.All+
deviceManagement/deviceEnrollmentConfigurations*: DeviceManagementServiceConfig.Read.All+ DeviceManagementConfiguration.Read.All+
deviceManagement/mobileThreatDefenseConnectors*: DeviceManagementServiceConfig.Read.All+ DeviceManagementConfiguration.Read.All+
deviceManagement/role*: DeviceManagementRBAC.Read.All+
deviceManagement/device*: DeviceManagementConfiguration.Read.All+
deviceManagement/configurationPolicies*: DeviceManagementConfiguration.Read.All+
deviceAppManagement/managedAppPolicies*: DeviceManagementApps.Read.All+ DeviceManagementConfiguration.Read.All+
deviceAppManagement/*: DeviceManagementApps.Read.All+
admin/sharepoint/settings: SharePointTenantSettings.Read.All+
admin/serviceAnnouncement/messages*: ServiceMessage.Read.All
admin/serviceAnnouncement/*: ServiceHealth.Read.All
admin/forms: OrgSettings-Forms.Read.All+
admin/appsAndServices: OrgSettings-AppsAndServices.Read.All+
admin/reportSettings: ReportSettings.Read.All+
admin/configurationManagement/*: ConfigurationMonitoring.Read.All+
admin/teams/userConfigurations[/{}]: TeamsUserConfiguration.Read.All
teamwork: Teamwork.Read.All
teamwork/teamsAppSettings:
security/secureScore*: SecurityEvents.Read.All+
security/alerts[/{}]: SecurityEvents.Read.All+
security/alerts_v2[/{}]: SecurityAlert.Read.All+
security/incidents[/{}]: SecurityIncident.Read.All+
security/attackSimulation/*: AttackSimulation.Read.All
security/dataSecurityAndGovernance/sensitivityLabels*: SensitivityLabel.Read SensitivityLabels.Read.All
security/informationProtection/sensitivityLabels*: InformationProtectionPolicy.Read.All
security/runHuntingQuery: ThreatHunting.Read.All
security/identities/healthIssues[/{}]: SecurityIdentitiesHealth.Read.All+
security/identities/sensors[/{}]: SecurityIdentitiesSensors.Read.All
security/dataDiscovery/*: CloudApp-Discovery.Read.All
"""
# What is enough besides when a person is signed in.
_DELEGATED = """
organization[/{}]: User.Read
me: User.Read User.ReadBasic.All User.Read.All+ Directory.Read.All+
users/{}/licenseDetails: User.Read
roleManagement/directory/roleAssignments[/{}]: RoleManagement.Read.All
policies/roleManagementPolic*: RoleManagementPolicy.Read.Directory+
policies/deviceRegistrationPolicy: Policy.Read.All
servicePrincipals[/{}]: Directory.ReadWrite.All
applications[/{}]: Directory.ReadWrite.All
teamwork/teamsAppSettings: TeamworkAppSettings.Read.All+
security/informationProtection/sensitivityLabels*: InformationProtectionPolicy.Read
"""
# What a path is written with. No other is.
_WRITING = """
security/secureScoreControlProfiles/{}: SecurityEvents.ReadWrite.All
admin/configurationManagement/*: ConfigurationMonitoring.ReadWrite.All
"""
_SIGN_INS = ("AuditLog.Read.All",)

Rule = tuple[re.Pattern[str], tuple[str, ...]]


class Caller(NamedTuple):
    """Whom a token is of: what it grants, and whether a person signed in, with this id."""

    granted: frozenset[str]
    person: str | None


def person_of(token: str) -> str | None:
    """The id of the person a good token is of; None for an application's."""
    claims = _claims(token)
    return str(claims["oid"]) if "scp" in claims else None


def name_of(token: str) -> str:
    """By what a change is signed: the user principal name of a person, the id of an application."""
    claims = _claims(token)
    return str(claims.get("upn") or claims["appid"])


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def _rules(table: str) -> tuple[Rule, ...]:
    lines = (line.partition(":") for line in table.strip().splitlines())
    return tuple((_pattern(path), tuple(both for name in names.split() for both in _both(name))) for path, _, names in lines)


def _pattern(path: str) -> re.Pattern[str]:
    escaped = re.escape(path.casefold()).replace(r"\{\}", "[^/]+").replace(r"\[", "(").replace(r"\]", ")?").replace(r"\*", ".*")
    return re.compile(escaped)


def _both(permission: str) -> tuple[str, ...]:
    name = permission.removesuffix("+")
    return (name,) if name == permission else (name, name.replace(".Read.", ".ReadWrite."))


_APPLICATION, _PERSON, _WRITER = _rules(_TABLE), _rules(_DELEGATED), _rules(_WRITING)


def accepted(path: str, person: bool = False) -> tuple[str, ...] | None:
    """The permissions any one of which reads `path` (without its version); None where the table says nothing of it.

    None are enough (an empty tuple) where Microsoft has no permission for an application.
    """
    asked = path.casefold().strip("/").removesuffix("/$count")
    found = next((names for pattern, names in _APPLICATION if pattern.fullmatch(asked)), None)
    besides = next((names for pattern, names in _PERSON if pattern.fullmatch(asked)), ()) if person else ()
    return found if not besides else (*(found or ()), *besides)


def refusal(path: str, caller: Caller, asks_sign_ins: bool) -> Refused | None:
    """What the service behind `path` answers a caller who may not read it. `asks_sign_ins`: of users, too, and that is the reports'."""
    needed = accepted(path, caller.person is not None)
    if needed is not None and not _has(caller, needed):
        return _refused(path, needed, caller)
    if asks_sign_ins and not _has(caller, _SIGN_INS):
        return _of_the_reports(_SIGN_INS, caller)
    return None


def refusal_to_write(path: str, caller: Caller) -> Refused | None:
    """What the service behind `path` answers a caller who may not change it."""
    asked = path.casefold().strip("/")
    needed = next((names for pattern, names in _WRITER if pattern.fullmatch(asked)), ())
    return None if _has(caller, needed) else _refused(path, needed, caller)


def _has(caller: Caller, needed: Collection[str]) -> bool:
    return not {name.casefold() for name in needed}.isdisjoint(name.casefold() for name in caller.granted)


def _of_the_reports(needed: Collection[str], caller: Caller) -> Refused:
    said = f"The principal does not have required Microsoft Graph permission(s): {', '.join(needed)}"
    return Refused(403, "Authentication_MSGraphPermissionMissing", said)


def _of_intune(needed: Collection[str], caller: Caller) -> Refused:
    """Intune's own error, as text within Graph's."""
    said = (
        "Application is not authorized to perform this operation. Application must have one of the following scopes: "
        f"{', '.join(needed)} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000"
    )
    return Refused(403, "Forbidden", json.dumps({"_version": 3, "Message": said, "CustomApiErrorPhrase": ""}, indent=2))


def _of_pim(needed: Collection[str], caller: Caller) -> Refused:
    said = f"Authorization failed due to missing permission scope {','.join(needed)}."
    return Refused(403, "UnknownError", json.dumps({"errorCode": "PermissionScopeNotGranted", "message": said, "instanceAnnotations": []}))


def _of_defender(needed: Collection[str], caller: Caller) -> Refused:
    said = f"Missing application roles. API required roles: {','.join(needed)}, application roles: {','.join(sorted(caller.granted))}."
    return Refused(403, "Forbidden", said)


def _words(code: str, message: str) -> Callable[[Collection[str], Caller], Refused]:
    return lambda needed, caller: Refused(403, code, message)


_MISSING = "You cannot perform the requested operation, required scopes are missing in the token."
# By what a path begins with. The rest is the directory's, whose own words they are.
_SERVICES = (
    ("security/securescore", _words("", "Auth token does not contain valid permissions or user does not have valid roles")),
    ("security/", _of_defender),
    ("identityprotection/", _words("Forbidden", _MISSING)),
    ("identity/conditionalaccess/", _words("AccessDenied", _MISSING)),
    ("policies/rolemanagementpolic", _of_pim),
    ("policies/", _words("AccessDenied", _MISSING)),
    ("rolemanagement/directory/roleeligibility", _of_pim),
    ("rolemanagement/directory/roleassignmentschedule", _of_pim),
    ("auditlogs/", _of_the_reports),
    ("reports/", _of_the_reports),
    ("devicemanagement", _of_intune),
    ("deviceappmanagement", _of_intune),
    ("admin/sharepoint/", _words("accessDenied", "Access denied")),
    ("", _words("Authorization_RequestDenied", "Insufficient privileges to complete the operation.")),
)


def _refused(path: str, needed: Collection[str], caller: Caller) -> Refused:
    asked = path.casefold()
    return next(words(needed, caller) for begins, words in _SERVICES if asked.startswith(begins))
