{{ config_get("user.casemate.name", instance.name) }}
