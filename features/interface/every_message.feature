Feature: Every message keeps to the interface
  These requirements are checked on every message of every scenario. The scenarios here state them once, for an
  ordinary meter.

  Background:
    Given an import supplier
    And a Commissioned ESME

  @DUIS-01
  Scenario: Answers and responses are schema-valid
    When the supplier sends SR11.2 Read Firmware Version to the ESME
    Then the request is accepted
    And the response shows the firmware that the ESME runs
    And every message of the DSP is schema-valid

  @DUIS-02
  Scenario: Inventory answers are signed by the DSP
    When the supplier sends SR8.2 Read Inventory about the ESME
    Then the request is accepted
    And every message of the DSP that must be signed is signed by the DSP

  @DUIS-02
  Scenario: Pre-Commands and asynchronous responses are signed by the DSP
    Given the supplier has sent new firmware, listed as Active, to the ESME
    When the supplier sends SR11.3 Activate Firmware to the ESME
    Then the request is accepted
    And the response shows that the new firmware is active
    And every message of the DSP that must be signed is signed by the DSP

  @DUIS-03
  Scenario: Answers and responses name the request they belong to
    When the supplier sends SR11.2 Read Firmware Version to the ESME
    Then the request is accepted
    And the response shows the firmware that the ESME runs
    And every message of the DSP names the request it answers

  @DUIS-04
  Scenario: An accepted request is acknowledged and brings one response
    When the supplier sends SR11.2 Read Firmware Version to the ESME
    Then the request is accepted
    And the response shows the firmware that the ESME runs
    And the request is acknowledged by I99 and brings exactly one response
