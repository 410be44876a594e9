{{ config_get("cloud-init.user-data", "#cloud-config\n{}") }}
