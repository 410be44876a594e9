instance-id: {{ config_get("user.casemate.uid", instance.name) }}
local-hostname: {{ config_get("user.casemate.name", instance.name) }}
{{ config_get("user.meta-data", "") }}
