{{ config_get("cloud-init.vendor-data", "#cloud-config\n{}") }}
